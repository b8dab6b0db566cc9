// Hops are told as two quantiles of what came in the last second.

import { expect, it } from 'vitest';
import { noFigure } from '../../format/numbers.ts';
import { hopsText } from './hops.ts';

it.each([
  [{ broadcast_hops_1: 40 }, '1, 1'],
  [{ broadcast_hops_1: 980, broadcast_hops_2: 20 }, '1, 2'],
  [{ broadcast_hops_1: 999, broadcast_hops_2: 1 }, '1, 1'],
  [{ broadcast_hops_1: 10, broadcast_hops_2: 60, broadcast_hops_more: 30 }, '2, 4+'],
  [{ broadcast_hops_1: 0, broadcast_hops_2: null }, noFigure],
  [undefined, noFigure],
])('%j is %s', (latest, text) => {
  expect(hopsText(latest)).toBe(text);
});
