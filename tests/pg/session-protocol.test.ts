// The session machine against a real PostgreSQL: the golden conversations are what PostgreSQL says.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConversation, writeConversation } from '@patina/pg/session/testing/conversation.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresPrograms, startPostgres } from './support/real-postgres.ts';
import { type PgTarget, withClient } from './support/target.ts';
import { WireClient } from './support/wire-client.ts';

const golden = join(import.meta.dirname, '../../packages/pg/src/session/golden');

/** What differs by design has a file of its own. */
const ours: ReadonlySet<string> = new Set(['start-up.txt']);

describe.runIf(postgresPrograms() !== undefined)('PostgreSQL', () => {
  let postgres: PgTarget;

  beforeAll(async () => {
    postgres = await startPostgres();
    await withClient(postgres, (client) =>
      client.query('create table t (k int not null primary key, v text)'),
    );
  });

  afterAll(() => postgres?.close());

  it.each(readdirSync(golden).filter((file) => !ours.has(file)))('says %s', async (file) => {
    const recorded = readFileSync(join(golden, file), 'utf8');
    await withClient(postgres, (client) => client.query('truncate t'));
    const client = await WireClient.logIn(postgres);
    const heard = [];
    for (const part of parseConversation(recorded)) {
      client.say(...part.client);
      heard.push({ ...part, server: await client.take(part.server.length) });
    }
    client.end();
    expect(writeConversation(heard)).toBe(recorded);
  });
});
