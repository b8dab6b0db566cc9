// Appointments run in order of time, once, and not when called off: checked against a plain list.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { must } from '../base/assert.ts';
import { Agenda } from './agenda.ts';

it('runs what is due in order of time, then of making', () => {
  const agenda = new Agenda();
  const ran: string[] = [];
  for (const [atMs, name] of [
    [30, 'c'],
    [10, 'a'],
    [20, 'b1'],
    [20, 'b2'],
    [40, 'd'],
  ] as const) {
    agenda.add(atMs, () => ran.push(name));
  }
  agenda.runDue(30);
  expect(ran).toEqual(['a', 'b1', 'b2', 'c']);
  expect(agenda.nextMs()).toBe(40);
});

it('skips what was called off, even by an appointment of the same moment', () => {
  const agenda = new Agenda();
  const ran: string[] = [];
  const second = agenda.add(10, () => ran.push('second'));
  const first = agenda.add(5, () => {
    ran.push('first');
    second.cancelled = true;
  });
  expect(first.cancelled).toBe(false);
  agenda.runDue(10);
  expect(ran).toEqual(['first']);
  expect(agenda.nextMs()).toBeUndefined();
});

it('leaves what is made meanwhile for the next call, so that it never runs for ever', () => {
  const agenda = new Agenda();
  let runs = 0;
  const again = () => {
    runs++;
    agenda.add(0, again);
  };
  agenda.add(0, again);
  agenda.runDue(100);
  expect(runs).toBe(1);
  agenda.runDue(100);
  expect(runs).toBe(2);
});

it('behaves like a sorted list', () => {
  const command = fc.oneof(
    fc.record({ add: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ cancel: fc.nat({ max: 30 }) }),
    fc.record({ advance: fc.integer({ min: 0, max: 20 }) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const agenda = new Agenda();
      const made: { atMs: number; id: number; done: boolean; cancel: () => void }[] = [];
      const ran: number[] = [];
      let nowMs = 0;
      for (const next of commands) {
        if ('add' in next) {
          const id = made.length;
          const appointment = agenda.add(nowMs + next.add, () => ran.push(id));
          const cancel = () => {
            appointment.cancelled = true;
          };
          made.push({ atMs: nowMs + next.add, id, done: false, cancel });
        } else if ('cancel' in next) {
          const chosen = made[next.cancel];
          chosen?.cancel();
          if (chosen !== undefined) chosen.done = true;
        } else {
          nowMs += next.advance;
          const due = made.filter((item) => !item.done && item.atMs <= nowMs);
          due.sort((a, b) => a.atMs - b.atMs || a.id - b.id);
          for (const item of due) item.done = true;
          const before = ran.length;
          agenda.runDue(nowMs);
          expect(ran.slice(before)).toEqual(due.map((item) => item.id));
        }
        const open = made.filter((item) => !item.done).map((item) => item.atMs);
        expect(agenda.nextMs()).toBe(open.length === 0 ? undefined : Math.min(...open));
        expect(agenda.size).toBeGreaterThanOrEqual(open.length);
      }
    }),
    { numRuns: 1_000 },
  );
});

it('keeps order with many', () => {
  const agenda = new Agenda();
  const ran: number[] = [];
  for (let index = 0; index < 2_000; index++) {
    const atMs = (index * 7_919) % 1_000;
    agenda.add(atMs, () => ran.push(atMs));
  }
  agenda.runDue(1_000);
  expect(ran).toHaveLength(2_000);
  for (let index = 1; index < ran.length; index++) {
    const before = must(ran[index - 1], 'inside');
    expect(before).toBeLessThanOrEqual(must(ran[index], 'inside'));
  }
});
