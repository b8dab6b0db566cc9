// Which rows and columns are in view: only those, and a few around them, are drawn.

export interface Range {
  readonly first: number;
  /** The one after the last. */
  readonly end: number;
}

export const rowHeightPx = 28;

/** Drawn beyond the edges, so that a quick scroll shows no gap. */
const rowsAround = 4;
const columnsAround = 1;

/** Taller boxes are cut by browsers; beyond it rows can't be scrolled to. */
const heightPxMax = 15_000_000;

export function rowsInView(scrollTop: number, heightPx: number, rowCount: number): Range {
  const first = Math.floor(scrollTop / rowHeightPx) - rowsAround;
  const end = Math.ceil((scrollTop + heightPx) / rowHeightPx) + rowsAround;
  return {
    first: Math.max(0, Math.min(first, rowCount)),
    end: Math.min(rowCount, Math.max(0, end)),
  };
}

/** As many rows as are drawn at most: the elements of those that leave are used for those that come. */
export function rowsDrawnMax(heightPx: number): number {
  return Math.ceil(heightPx / rowHeightPx) + 2 * rowsAround + 1;
}

/** Left edges of all columns, and the right edge of the last. */
export function edgesOf(widths: readonly number[]): readonly number[] {
  const edges = [0];
  let sum = 0;
  for (const width of widths) {
    sum += width;
    edges.push(sum);
  }
  return edges;
}

export function columnsInView(
  scrollLeft: number,
  widthPx: number,
  edges: readonly number[],
): Range {
  const count = edges.length - 1;
  let first = 0;
  while (first < count - 1 && (edges[first + 1] ?? 0) <= scrollLeft) first++;
  let end = first;
  while (end < count && (edges[end] ?? 0) < scrollLeft + widthPx) end++;
  return { first: Math.max(0, first - columnsAround), end: Math.min(count, end + columnsAround) };
}

export function heightOf(rowCount: number): number {
  return Math.min(rowCount * rowHeightPx, heightPxMax);
}

/** How far to scroll so that from..to is in view; undefined where it is already. */
export function scrollToShow(
  from: number,
  to: number,
  scroll: number,
  room: number,
): number | undefined {
  if (from < scroll) return from;
  if (to > scroll + room) return to - room;
  return undefined;
}
