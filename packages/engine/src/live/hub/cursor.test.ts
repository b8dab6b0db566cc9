// What `from` may be, and what it means.

import { expect, it } from 'vitest';
import { cursorOf, parseFrom } from './cursor.ts';

const queryId = '01234567-89ab-4cde-8f01-23456789abcd';

it.each([
  [undefined, { kind: 'start' }],
  [0, { kind: 'start' }],
  ['0', { kind: 'start' }],
  [7, { kind: 'change-id', changeId: 7 }],
  ['7', { kind: 'change-id', changeId: 7 }],
  [cursorOf(queryId, 0), { kind: 'cursor', queryId, changeId: 0 }],
  [cursorOf(queryId, 12), { kind: 'cursor', queryId, changeId: 12 }],
])('%j', (from, resume) => {
  expect(parseFrom(from)).toEqual(resume);
});

it.each([
  -1,
  1.5,
  Number.NaN,
  2 ** 53,
  '',
  'x',
  '-1',
  '1e3',
  queryId,
  `${queryId}:`,
  `${queryId}:-1`,
  `${queryId}:9007199254740993`,
  `${queryId.toUpperCase()}:1`,
  `${queryId}:1:2`,
])('refuses %j', (from) => {
  expect(() => parseFrom(from)).toThrow(expect.objectContaining({ code: 'PATINA_CURSOR_INVALID' }));
});
