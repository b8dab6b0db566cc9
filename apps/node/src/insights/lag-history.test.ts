// The history has a sample for each step, in order and no more than may be kept, with null where an actor was not
// known.

import { lagActorsMax, lagSamplesMax, lagStepMs } from '@patina/api/insights/cluster-shapes.ts';
import { questions } from '@patina/api/insights/questions.ts';
import type { LagCell } from '@patina/api/insights/shapes.ts';
import { expect, test } from 'vitest';
import { LagHistory } from './lag-history.ts';

const startMs = 1_790_000_000_000;

const id = (n: number): string => n.toString(16).padStart(32, '0');

function cellOf(n: number, versions: number): LagCell {
  const lacking = { gap_versions: versions, gaps: Math.min(1, versions), partials: 0 };
  return { actor_id: id(n), head: 10, versions, ms: versions * 5, ...lacking };
}

test('one sample is taken in each step, however often it is called', () => {
  const history = new LagHistory();
  let looked = 0;
  for (let ms = 0; ms < 4 * lagStepMs; ms += 500) {
    history.record(startMs + ms, () => {
      looked++;
      return [cellOf(1, looked), ...(looked > 2 ? [cellOf(2, 0)] : [])];
    });
  }
  expect(looked).toBe(4);
  const told = history.answer();
  expect(told.times_ms).toEqual([0, 1, 2, 3].map((n) => startMs + n * lagStepMs));
  expect(told.actors).toEqual([
    {
      actor_id: id(1),
      heads: [10, 10, 10, 10],
      versions: [1, 2, 3, 4],
      ms: [5, 10, 15, 20],
      gaps: [1, 1, 1, 1],
      partials: [0, 0, 0, 0],
    },
    expect.objectContaining({
      actor_id: id(2),
      heads: [null, null, 10, 10],
      versions: [null, null, 0, 0],
    }),
  ]);
});

test('it keeps 15 minutes, and forgets actors that are in none of them', () => {
  const history = new LagHistory();
  history.record(startMs, () => [cellOf(7, 1)]);
  for (let n = 1; n <= lagSamplesMax; n++) {
    history.record(startMs + n * lagStepMs, () => [cellOf(1, n)]);
  }
  const told = history.answer();
  expect(told.times_ms).toHaveLength(lagSamplesMax);
  expect(told.times_ms[0]).toBe(startMs + lagStepMs);
  expect(told.actors.map(({ actor_id }) => actor_id)).toEqual([id(1)]);
  expect(questions.lagHistory.output.safeParse(told).success).toBe(true);
});

test('moments stay in order when the clock is set back', () => {
  const history = new LagHistory();
  for (const step of [0, 1, 2, 3, 1, 2]) {
    history.record(startMs + step * lagStepMs, () => [cellOf(1, step)]);
  }
  const told = history.answer();
  const steps = told.times_ms.map((ms) => (ms - startMs) / lagStepMs);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  expect(steps.at(-1)).toBe(2);
});

test('of very many actors those are kept that most is lacking of', () => {
  const history = new LagHistory();
  const many = Array.from({ length: 2 * lagActorsMax }, (_, n) =>
    cellOf(n, n % 100 === 99 ? 3 : 0),
  );
  for (let n = 0; n < 3; n++) history.record(startMs + n * lagStepMs, () => many);
  const told = history.answer();
  expect(told.actors).toHaveLength(lagActorsMax);
  const lacking = many.filter(({ versions }) => versions > 0).map(({ actor_id }) => actor_id);
  expect(told.actors.map(({ actor_id }) => actor_id)).toEqual(expect.arrayContaining(lacking));
  expect(questions.lagHistory.output.safeParse(told).success).toBe(true);
});
