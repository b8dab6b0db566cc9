// The session machine against a real PostgreSQL: the golden conversations are what PostgreSQL says, and so is
// what our sessions say in conversations at random. Environment: PATINA_SEED (a number, or random),
// PATINA_RUNS.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ConversationPart,
  parseConversation,
  writeConversation,
} from '@patina/pg/session/testing/conversation.ts';
import { randomConversation } from '@patina/pg/session/testing/random-conversation.ts';
import { SqliteExecution } from '@patina/pg/session/testing/sqlite-execution.ts';
import { TestSession, testTables } from '@patina/pg/session/testing/test-session.ts';
import fc from 'fast-check';
import { loadModule } from 'libpg-query';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../cluster/support/wait.ts';
import { postgresPrograms, startPostgres } from './support/real-postgres.ts';
import { type PgTarget, withClient } from './support/target.ts';
import { WireClient } from './support/wire-client.ts';

const given = process.env['PATINA_SEED'] ?? '1';
const seed = given === 'random' ? Date.now() | 0 : Number(given);
const shrinks = process.env['PATINA_SHRINK'] !== 'no';

const golden = join(import.meta.dirname, '../../packages/pg/src/session/golden');

/** What differs by design has a file of its own. */
const ours: ReadonlySet<string> = new Set(['start-up.txt']);

/**
 * What a simple query that has failed leaves as unnamed portal, PostgreSQL looks at where the statement was and is
 * no more.
 */
function settled(parts: readonly ConversationPart[]): string {
  return writeConversation(parts).replaceAll(
    'ERROR 55000 portal "" cannot be run\n< ReadyForQuery E',
    'ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block\n< ReadyForQuery E',
  );
}

/** FETCH does not open portals of writes here. */
function refusedPortals(lines: readonly string[]): number {
  return lines.filter((line) => line.startsWith('ErrorResponse ERROR 55000 portal')).length;
}

async function emptyTable(target: PgTarget): Promise<void> {
  await withClient(target, (client) => client.query('truncate t'));
}

describe.runIf(postgresPrograms() !== undefined)('PostgreSQL', () => {
  let postgres: PgTarget;

  beforeAll(async () => {
    await loadModule();
    postgres = await startPostgres();
    await withClient(postgres, (client) =>
      client.query('create table t (k int not null primary key, v text)'),
    );
  });

  afterAll(() => postgres?.close());

  it.each(readdirSync(golden).filter((file) => !ours.has(file)))('says %s', async (file) => {
    const recorded = readFileSync(join(golden, file), 'utf8');
    await emptyTable(postgres);
    const client = await WireClient.logIn(postgres);
    const heard = [];
    for (const part of parseConversation(recorded)) {
      client.say(...part.client);
      heard.push({ ...part, server: await client.take(part.server.length) });
    }
    client.end();
    expect(writeConversation(heard)).toBe(recorded);
  });

  it('says what our sessions say', async () => {
    await fc.assert(
      fc.asyncProperty(randomConversation, async (parts) => {
        await eventually('PostgreSQL is there', () => emptyTable(postgres), { withinMs: 20_000 });
        const execution = new SqliteExecution(testTables);
        const session = new TestSession(execution).logIn();
        const client = await WireClient.logIn(postgres);
        const ours: ConversationPart[] = [];
        const theirs: ConversationPart[] = [];
        let isBroken = false;
        for (const messages of parts) {
          if (session.session.isClosed) break;
          const server = session.say(...messages);
          ours.push({ comments: [], client: messages, server });
          client.say(...messages);
          const answer = await client.take(server.length);
          theirs.push({ comments: [], client: messages, server: answer });
          // PostgreSQL 15 stumbles over EXECUTE of SAVEPOINT and FETCH from a portal of BEGIN, and may crash.
          const isFatal = answer.some((line) => line.startsWith('ErrorResponse FATAL'));
          const isStumbling = answer.some((line) => / XX000 /.test(line));
          const isRefused = refusedPortals(server) > refusedPortals(answer);
          isBroken = isStumbling || isRefused || (client.isClosed && !isFatal);
          if (isBroken) break;
        }
        client.end();
        execution.close();
        if (!isBroken) expect(settled(ours)).toBe(settled(theirs));
      }),
      { seed, numRuns: Number(process.env['PATINA_RUNS'] ?? 300), endOnFailure: shrinks === false },
    );
  }, 600_000);
});
