// Which rows of an ordered result moved: as few as possible, so that the others need not be told.

/**
 * Given the old places of rows in their new order, the indexes of a longest run that kept its order.
 * A row without an old place is undefined.
 */
export function keptInOrder(oldPlaces: readonly (number | undefined)[]): Set<number> {
  // tails[n]: index of the row that ends the best run of length n + 1.
  const tails: number[] = [];
  const previous: (number | undefined)[] = [];
  for (const [index, place] of oldPlaces.entries()) {
    if (place === undefined) continue;
    const length = firstNotBelow(tails, oldPlaces, place);
    previous[index] = tails[length - 1];
    tails[length] = index;
  }
  const kept = new Set<number>();
  for (let index = tails.at(-1); index !== undefined; index = previous[index]) kept.add(index);
  return kept;
}

function firstNotBelow(
  tails: readonly number[],
  places: readonly (number | undefined)[],
  place: number,
): number {
  let low = 0;
  let high = tails.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((places[tails[middle] ?? 0] ?? 0) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
