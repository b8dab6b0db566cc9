// Any moment of the last minutes can be looked up, also where nodes were cut off or not yet there.

import { expect, test } from 'vitest';
import { type LagHistory, matrixAt, momentsOf, sampleAt, worstOverTime } from './lag-history.ts';

const zeros = (count: number) => Array.from({ length: count }, () => 0);

function recorded(id: string, times: number[], actors: Record<string, [number[], number[]]>) {
  return {
    actor_id: id,
    address: id,
    ok: true as const,
    answer: {
      times_ms: times,
      actors: Object.entries(actors).map(([actorId, [heads, versions]]) => ({
        actor_id: actorId,
        heads,
        versions,
        ms: zeros(times.length),
        gaps: zeros(times.length),
        partials: zeros(times.length),
      })),
    },
  };
}

const history: LagHistory = {
  step_ms: 5_000,
  observers: [
    recorded('a', [0, 5_000, 10_000, 15_000], {
      a: [
        [10, 20, 30, 30],
        [0, 0, 0, 0],
      ],
    }),
    // Cut off between 5 and 10 s: it hears of nothing, and says that it lacks nothing.
    recorded('b', [1_000, 6_000, 11_000, 16_000], {
      a: [
        [10, 10, 10, 30],
        [0, 0, 0, 0],
      ],
    }),
    { actor_id: 'c', address: 'c', ok: false, error: { code: 'X', error: 'it is down' } },
  ],
};

test('moments are evenly spaced up to the newest', () => {
  expect(momentsOf(history)).toEqual([1_000, 6_000, 11_000, 16_000]);
  expect(momentsOf({ step_ms: 5_000, observers: [] })).toEqual([]);
});

test('the sample nearest to a moment is taken, and none that is too far away', () => {
  expect(sampleAt([0, 5_000, 10_000], 7_400, 5_000)).toBe(1);
  expect(sampleAt([0, 5_000, 10_000], 14_000, 5_000)).toBe(2);
  expect(sampleAt([0, 5_000, 10_000], 15_001, 5_000)).toBeUndefined();
  expect(sampleAt([], 0, 5_000)).toBeUndefined();
});

test('a partition shows in the past, and that it healed', () => {
  const lackingAt = (atMs: number) => {
    const cell = matrixAt(history, atMs).cells[1]?.[0];
    return cell?.kind === 'seen' ? cell.versions : cell?.kind;
  };
  expect(lackingAt(11_000)).toBe(10);
  expect(lackingAt(16_000)).toBe(0);
  expect(matrixAt(history, 11_000).observers[2]?.trouble).toBe('it is down');
  expect(matrixAt(history, 90_000).observers[0]?.trouble).toContain('recorded nothing');
  expect(worstOverTime(history, momentsOf(history))).toEqual([0, 0, 10, 0]);
});

test('nodes that take their samples at different moments do not seem to be behind', () => {
  const every = (from: number) => Array.from({ length: 20 }, (_, at) => from + at * 5_000);
  const versions = (times: number[]) => times.map((time) => Math.floor(time / 100));
  const none = (times: number[]) => times.map(() => 0);
  for (const shiftMs of [0, 700, 2_400, 2_600, 4_900]) {
    const [early, late] = [every(10_000), every(10_000 + shiftMs)];
    const observers = [
      recorded('a', late, { a: [versions(late), none(late)] }),
      recorded('b', early, { a: [versions(early), none(early)] }),
    ];
    const running: LagHistory = { step_ms: 5_000, observers };
    expect(Math.max(...worstOverTime(running, momentsOf(running)))).toBe(0);
  }
});
