// The order of the rows of an ordered result: how a group of changes with positions makes the next
// order, and which rows have to move from one order to another.

/**
 * The order after a group: the rows of `out` leave, and each of `idByPosition` has its place in the
 * order that results; all others keep theirs among each other. Undefined where that cannot be.
 */
export function reorder(
  order: readonly number[],
  out: ReadonlySet<number>,
  idByPosition: ReadonlyMap<number, number>,
): number[] | undefined {
  const kept = out.size === 0 ? order : order.filter((id) => !out.has(id));
  if (idByPosition.size === 0) return [...kept];
  const length = kept.length + idByPosition.size;
  const next: number[] = [];
  let taken = 0;
  for (let position = 0; position < length; position++) {
    const id = idByPosition.get(position) ?? kept[taken++];
    if (id === undefined) return undefined;
    next.push(id);
  }
  return next;
}

/**
 * The items of `after` that may stay where they are: a longest run of them that `before` has in the same
 * order. All others have to be placed.
 */
export function unmoved(before: readonly number[], after: readonly number[]): Set<number> {
  const placeBefore = new Map(before.map((id, place) => [id, place]));
  const ids = after.filter((id) => placeBefore.has(id));
  const places = ids.map((id) => placeBefore.get(id) ?? 0);
  return new Set(longestRise(places).map((index) => ids[index] ?? 0));
}

/** Indices of a longest rising subsequence. */
function longestRise(values: readonly number[]): number[] {
  /** `ends[n]`: index of the lowest value that ends a rising sequence of n + 1 values. */
  const ends: number[] = [];
  const previous: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[ends[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous.push(low === 0 ? -1 : (ends[low - 1] ?? -1));
    ends[low] = index;
  }
  const rise: number[] = [];
  for (let index = ends.at(-1) ?? -1; index !== -1; index = previous[index] ?? -1) rise.push(index);
  return rise.reverse();
}
