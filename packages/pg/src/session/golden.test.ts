// Conversations as PostgreSQL 15 has them: tests/pg/session-protocol.test.ts holds a real one to the same files.
// With PATINA_GOLDEN=write the files are written anew.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModule } from 'libpg-query';
import { beforeAll, expect, it } from 'vitest';
import { parseConversation, writeConversation } from './testing/conversation.ts';
import { SqliteExecution } from './testing/sqlite-execution.ts';
import { TestSession, testTables } from './testing/test-session.ts';

const directory = join(import.meta.dirname, 'golden');

beforeAll(() => loadModule());

it.each(readdirSync(directory))('%s', (file) => {
  const path = join(directory, file);
  const recorded = readFileSync(path, 'utf8');
  const parts = parseConversation(recorded);
  const execution = new SqliteExecution(testTables);
  const session = new TestSession(execution);
  if (!recorded.includes('> Startup')) session.logIn();
  const held = parts.map((part) => ({ ...part, server: session.say(...part.client) }));
  execution.close();
  const written = writeConversation(held);
  if (process.env['PATINA_GOLDEN'] === 'write') writeFileSync(path, written);
  else expect(written).toBe(recorded);
});
