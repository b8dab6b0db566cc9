// Laws of places in ordered results: what is kept is in order, and nothing longer is.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keptInOrder } from './positions.ts';

/** The length of a longest rising run, by trying all. */
function longest(places: readonly (number | undefined)[]): number {
  const best: number[] = [];
  for (const [index, place] of places.entries()) {
    if (place === undefined) continue;
    best[index] = 1;
    for (let before = 0; before < index; before++) {
      const other = places[before];
      if (other === undefined || other >= place) continue;
      best[index] = Math.max(best[index] ?? 0, (best[before] ?? 0) + 1);
    }
  }
  return Math.max(0, ...best.filter((length) => length !== undefined));
}

test('keeps a longest run in order', () => {
  const places = fc.uniqueArray(fc.nat(30)).chain((unique) =>
    fc.tuple(fc.constant(unique), fc.array(fc.nat(35), { maxLength: 4 })).map(([old, holes]) => {
      const all: (number | undefined)[] = [...old];
      for (const hole of holes) all.splice(hole % (all.length + 1), 0, undefined);
      return all;
    }),
  );
  fc.assert(
    fc.property(places, (all) => {
      const kept = [...keptInOrder(all)].sort((a, b) => a - b).map((index) => all[index]);
      expect(kept.every((place) => place !== undefined)).toBe(true);
      expect(kept).toEqual(kept.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
      expect(kept.length).toBe(longest(all));
    }),
    { numRuns: 500 },
  );
});
