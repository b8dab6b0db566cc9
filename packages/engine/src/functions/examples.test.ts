// Our functions, in both SQLite libraries, answer what PostgreSQL 15 answered.

import { DatabaseSync } from 'node:sqlite';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { faultOfMessage } from './function-error.ts';
import { installOnBetterSqlite, installOnNodeSqlite } from './install.ts';
import { readAnswers } from './testing/answers.ts';
import { examples } from './testing/examples.ts';

const answers = readAnswers();

const node = new DatabaseSync(':memory:');
installOnNodeSqlite(node);
const better = new Database(':memory:');
installOnBetterSqlite(better);

afterAll(() => {
  node.close();
  better.close();
});

const libraries: Readonly<Record<string, (call: string) => unknown>> = {
  'node:sqlite': (call) => {
    const statement = node.prepare(`SELECT ${call}`);
    statement.setReadBigInts(true);
    return Object.values(statement.get() ?? {})[0];
  },
  'better-sqlite3': (call) => better.prepare(`SELECT ${call}`).safeIntegers(true).pluck().get(),
};

/** In the words of answers.jsonl, where the kind of the answer leaves a choice the one that was wanted. */
function shown(run: (call: string) => unknown, call: string, wanted: string | null): string | null {
  try {
    const answer = run(call);
    if (answer === null) return null;
    if (typeof answer === 'bigint' && /^(true|false)$/.test(wanted ?? ''))
      return String(answer === 1n);
    if (typeof answer === 'number' && Number(wanted) === answer) return wanted;
    return answer instanceof Uint8Array
      ? `\\x${Buffer.from(answer).toString('hex')}`
      : String(answer);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const fault = faultOfMessage(message);
    return fault === undefined ? message : `! ${fault.fault.sqlState} ${fault.message}`;
  }
}

describe.each(Object.entries(libraries))('%s', (_library, run) => {
  it.each(Object.entries(examples))('answers as PostgreSQL did: %s', (_family, list) => {
    const wanted = list.map(([call, expression]) => `${call} → ${answers.get(expression)}`);
    const got = list.map(
      ([call, expression]) => `${call} → ${shown(run, call, answers.get(expression) ?? null)}`,
    );
    expect(got).toEqual(wanted);
  });
});

it('knows the answer to every example', () => {
  const missing = Object.values(examples)
    .flat()
    .filter(([, expression]) => !answers.has(expression));
  expect(missing).toEqual([]);
});
