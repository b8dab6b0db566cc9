// The fuzzer itself: a seed is one case, it finds engines with bugs, and makes what it finds small.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawCase } from './draw-case.ts';
import { engineBugs } from './engine-bugs.ts';
import type { FuzzCase } from './fuzz-case.ts';
import { printCase } from './print-case.ts';
import { failureOf } from './run-case.ts';
import { shrinkCase } from './shrink.ts';
import { render, simplerParts } from './sql-parts.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patina-fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const bugSeedsMax = 150;
const testMsMax = 120_000;
const forever = Number.POSITIVE_INFINITY;

test('a seed draws the same case again, and another one a different case', () => {
  for (const seed of [0, 7, 12_345]) expect(drawCase(seed)).toEqual(drawCase(seed));
  expect(drawCase(1)).not.toEqual(drawCase(2));
});

describe('it finds an engine in which', () => {
  test.each(engineBugs)(
    '$name',
    ({ checks, create }) => {
      for (let seed = 0; seed < bugSeedsMax; seed++) {
        const failure = failureOf(drawCase(seed), { folder, createEngine: create });
        if (failure === undefined) continue;
        // What the real engine does wrong as well is no find.
        if (failureOf(drawCase(seed), { folder }) !== undefined) continue;
        expect(failure.check).toMatch(checks);
        return;
      }
      expect.unreachable(`${bugSeedsMax} cases did not find it`);
    },
    testMsMax,
  );
});

test(
  'a failure is made small, and printed as a test',
  () => {
    const [bug] = engineBugs;
    if (bug === undefined) throw new Error('there are engines with bugs');
    const options = { folder, createEngine: bug.create };
    const found = firstFailing(options);
    const small = shrinkCase(
      found.fuzzCase,
      (smaller) => failureOf(smaller, options)?.check === found.check,
    );
    const failure = failureOf(small, options);
    expect(failure?.check).toBe(found.check);
    expect(failureOf(small, { folder })).toBeUndefined();
    expect(small.queries).toHaveLength(1);
    expect(small.steps.length).toBeLessThanOrEqual(7);
    if (failure !== undefined)
      expect(printCase(small, failure, 1)).toContain('const failure = caseFailure({ schema: [');
  },
  testMsMax,
);

function firstFailing(options: Parameters<typeof failureOf>[1]): {
  fuzzCase: FuzzCase;
  check: string;
} {
  for (let seed = 0; seed < bugSeedsMax; seed++) {
    const fuzzCase = drawCase(seed);
    const failure = failureOf(fuzzCase, options);
    if (failure?.check === 'change id') return { fuzzCase, check: failure.check };
  }
  throw new Error('no seed fails');
}

test('queries get simpler and stay text', () => {
  for (let seed = 0; seed < 40; seed++) {
    for (const { sql } of drawCase(seed).queries) {
      const { length } = render(sql).sql;
      for (const simpler of simplerParts(sql))
        expect(render(simpler).sql.length).toBeLessThan(length + 1);
    }
  }
});

test('a case written by hand is followed', () => {
  const held: FuzzCase = {
    schema: ['CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)'],
    queries: [{ sql: 'SELECT a FROM t WHERE id > ?', params: [1] }],
    steps: [
      { kind: 'subscribe', query: 0 },
      { kind: 'pass', budgetMs: forever },
      { kind: 'write', node: 1, statements: ["INSERT INTO t VALUES (1, 'a'), (2, 'b')"] },
      { kind: 'merge', node: 0, count: 100, order: 0 },
      { kind: 'pass', budgetMs: forever },
      { kind: 'restart', isCrash: true },
    ],
  };
  const coverage = {};
  expect(failureOf(held, { folder, coverage })).toBeUndefined();
  expect(coverage).toMatchObject({ 'changes insert': 1, 'compared results': 3 });
});
