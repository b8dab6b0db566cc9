// Series keep what was recorded at its time, for as long as they say, in the memory that they state.

import { expect, test } from 'vitest';
import { SeriesStore, tierShapes } from './series-store.ts';
import { seriesNames, seriesTable } from './series-table.ts';

/** On a bound of ten seconds. */
const startMs = 2_000_000_000_000;

test('there are about 60 series, and what they take is bounded', () => {
  expect(seriesNames.length).toBeGreaterThanOrEqual(60);
  const values = tierShapes.seconds.capacity + tierShapes['ten-seconds'].capacity;
  expect(values * seriesNames.length * Float32Array.BYTES_PER_ELEMENT).toBeLessThan(
    4 * 1024 * 1024,
  );
  for (const name of seriesNames) expect(seriesTable[name].about, name).toMatch(/^[A-Z].*[^.]$/);
});

test('seconds are where they were recorded; those without a value are null', () => {
  const store = new SeriesStore();
  store.record(startMs, { rss: 1 });
  store.record(startMs + 1_000, { rss: 2 });
  store.record(startMs + 4_000, { rss: 5, writes: 7 });
  const [rss, writes] = store.read(['rss', 'writes'], 'seconds');
  expect(rss).toEqual({
    name: 'rss',
    unit: 'bytes',
    start_ms: startMs,
    step_ms: 1_000,
    values: [1, 2, null, null, 5],
  });
  expect(writes?.values).toEqual([null, null, null, null, 7]);
  expect(store.read(['rss'], 'seconds', startMs + 1_000)).toMatchObject([
    { start_ms: startMs + 2_000, values: [null, null, 5] },
  ]);
  expect(store.read(['rss'], 'seconds', startMs + 4_000)).toMatchObject([{ values: [] }]);
  expect(store.latest()).toMatchObject({ rss: 5, writes: 7, cpu: null });
});

test('old seconds make room, and leave nothing behind', () => {
  const store = new SeriesStore();
  for (let second = 0; second < 2_000; second++) {
    store.record(startMs + second * 1_000, second % 2 === 0 ? { rss: second } : {});
  }
  const [rss] = store.read(['rss'], 'seconds');
  expect(rss?.values.length).toBe(900);
  expect(rss?.start_ms).toBe(startMs + 1_100_000);
  expect(rss?.values.slice(0, 3)).toEqual([1_100, null, 1_102]);
});

test('ten seconds become their mean, or their peak where peaks matter', () => {
  const store = new SeriesStore();
  for (let second = 0; second <= 20; second++) {
    store.record(startMs + second * 1_000, { rss: second, writer_queue: second % 10 });
  }
  const [rss, queue] = store.read(['rss', 'writer_queue'], 'ten-seconds');
  expect(rss).toMatchObject({ start_ms: startMs, step_ms: 10_000, values: [4.5, 14.5] });
  expect(queue?.values).toEqual([9, 9]);
});

test('a clock that goes back is waited for, one that leaps leaves a hole', () => {
  const store = new SeriesStore();
  store.record(startMs + 5_000, { rss: 1 });
  store.record(startMs, { rss: 2 });
  store.record(startMs + 10_000_000, { rss: 3 });
  const [rss] = store.read(['rss'], 'seconds');
  expect(rss?.values.filter((value) => value !== null)).toEqual([3]);
});
