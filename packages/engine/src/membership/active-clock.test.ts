// Active time stands still while the process does, and for a grace after it.

import { expect, it } from 'vitest';
import { ActiveClock } from './active-clock.ts';

function clock(): ActiveClock {
  return new ActiveClock({ stallMs: 250, stallGraceMs: 100 });
}

it('runs with monotonic time while wake-up calls come in time', () => {
  const active = clock();
  active.expectWake(200);
  expect(active.observe(450)).toBe(0);
  expect(active.toActiveMs(450)).toBe(450);
  expect(active.toMonotonicMs(500)).toBe(500);
});

it('takes a late wake-up call for a stall, and adds a grace', () => {
  const active = clock();
  active.expectWake(200);
  expect(active.observe(1_200)).toBe(1_000);
  expect(active.toActiveMs(1_200)).toBe(100);
  expect(active.toMonotonicMs(100)).toBe(1_200);
  expect(active.stalledMs).toBe(1_100);
});

it('counts one stall once, whatever comes first after it', () => {
  const active = clock();
  active.expectWake(200);
  active.observe(1_200);
  expect(active.observe(1_201)).toBe(0);
  expect(active.wakeMs).toBeUndefined();
  active.expectWake(1_300);
  expect(active.observe(1_290)).toBe(0);
  expect(active.observe(2_000)).toBe(700);
});

it('gives no second grace soon after the first, so that time goes on at last', () => {
  const active = clock();
  let nowMs = 0;
  const startMs = active.toActiveMs(nowMs);
  let last = startMs;
  for (let times = 0; times < 100; times++) {
    active.expectWake(nowMs + 50);
    nowMs += 50 + 300;
    expect(active.observe(nowMs)).toBe(300);
    expect(active.toActiveMs(nowMs)).toBeGreaterThanOrEqual(last - 100);
    last = active.toActiveMs(nowMs);
  }
  expect(last - startMs).toBeGreaterThan(50 * 100 * 0.7);
});

it('does not take idleness for a stall', () => {
  const active = clock();
  expect(active.observe(10_000)).toBe(0);
  active.expectWake(20_000);
  expect(active.observe(15_000)).toBe(0);
  active.woken();
  expect(active.observe(60_000)).toBe(0);
});
