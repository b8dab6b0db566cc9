// Places follow distances, are the same every time, and stay once they are given.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  intoBox,
  type Point,
  parted,
  placeByDistance,
  squeezed,
  stressOf,
} from './stress-layout.ts';

const between = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);

test('three nodes get exactly the distances of their triangle', () => {
  const distances = [
    [0, 3, 4],
    [3, 0, 5],
    [4, 5, 0],
  ];
  const [a, b, c] = placeByDistance(distances);
  if (a === undefined || b === undefined || c === undefined) throw new Error('three are missing');
  expect(between(a, b)).toBeCloseTo(3, 1);
  expect(between(a, c)).toBeCloseTo(4, 1);
  expect(between(b, c)).toBeCloseTo(5, 1);
});

test('two regions stand apart', () => {
  const near = 1;
  const far = 20;
  const region = (at: number) => Math.floor(at / 3);
  const distances = Array.from({ length: 6 }, (_, row) =>
    Array.from({ length: 6 }, (_, column) =>
      row === column ? 0 : region(row) === region(column) ? near : far,
    ),
  );
  const points = placeByDistance(distances);
  for (const [row, a] of points.entries()) {
    for (const [column, b] of points.entries()) {
      if (row === column) continue;
      if (region(row) === region(column)) expect(between(a, b)).toBeLessThan(4);
      else expect(between(a, b)).toBeGreaterThan(14);
    }
  }
});

test('whatever the distances, places are finite, apart, and the same every time', () => {
  const distance = fc.option(fc.double({ min: 0.1, max: 300, noNaN: true }), { freq: 5 });
  const square = fc.integer({ min: 1, max: 9 }).chain((size) =>
    fc.array(fc.array(distance, { minLength: size, maxLength: size }), {
      minLength: size,
      maxLength: size,
    }),
  );
  void fc.assert(
    fc.property(square, (distances) => {
      const points = placeByDistance(distances);
      expect(placeByDistance(distances)).toEqual(points);
      for (const { x, y } of intoBox(points)) {
        expect(x).toBeGreaterThanOrEqual(-1e-9);
        expect(x).toBeLessThanOrEqual(1 + 1e-9);
        expect(y).toBeGreaterThanOrEqual(-1e-9);
        expect(y).toBeLessThanOrEqual(1 + 1e-9);
      }
      expect(Number.isFinite(stressOf(points, distances))).toBe(true);
    }),
    { seed: 7, numRuns: 100 },
  );
});

test('nodes that are placed stay when another one joins', () => {
  const places = [
    { x: 0, y: 0 },
    { x: 10, y: 0 },
  ];
  const distances = [
    [0, 10, 2],
    [10, 0, 10],
    [2, 10, 0],
  ];
  const [a, b, joined] = placeByDistance(distances, [...places, undefined]);
  expect([a, b]).toEqual(places);
  expect(between(joined ?? { x: 99, y: 99 }, { x: 0, y: 0 })).toBeLessThan(3);
});

test('points over the edge are moved or narrowed back into the picture', () => {
  expect(squeezed([{ x: 0.05, y: 0.5 }])).toEqual([{ x: 0.18, y: 0.5 }]);
  const wide = squeezed([
    { x: -1, y: 0.5 },
    { x: 2, y: 0.5 },
  ]);
  expect(wide.map(({ x }) => x)).toEqual([0.18, 1 - 0.18]);
});

test('boxes that overlap are moved apart', () => {
  const crowd = Array.from({ length: 6 }, (_, at) => ({ x: 0.5 + at / 1_000, y: 0.5 }));
  const apart = parted(crowd, 0.2, 0.1);
  for (const [at, a] of apart.entries()) {
    for (const b of apart.slice(at + 1)) {
      const isFree = Math.abs(a.x - b.x) > 0.199 || Math.abs(a.y - b.y) > 0.099;
      expect(isFree).toBe(true);
    }
  }
});
