// What one node has of the versions of one actor, as the pieces of a strip from the first version to the
// highest one that any node knows of. Pieces that are too narrow to be seen are widened.

export type PieceKind = 'here' | 'gap' | 'partial' | 'unheard';

export interface Run {
  readonly start: number;
  readonly end: number;
}

export interface Piece extends Run {
  readonly kind: PieceKind;
}

export interface PlacedPiece extends Piece {
  /** Shares of the width of the strip. */
  readonly left: number;
  readonly width: number;
}

export interface StripParts {
  /** The highest version that any node knows of, and that the observer has heard of. */
  readonly head: number;
  readonly ownHead: number;
  readonly gaps: readonly Run[];
  readonly partials: readonly number[];
}

/** Pieces drawn at most; beyond that the oldest ones are left out of the drawing. */
export const piecesMax = 400;

/** What is lacking, in order, with what is here between. */
export function piecesOf({ head, ownHead, gaps, partials }: StripParts): Piece[] {
  const holes: Piece[] = [
    ...gaps.map(({ start, end }): Piece => ({ kind: 'gap', start, end })),
    ...partials.map((version): Piece => ({ kind: 'partial', start: version, end: version })),
    ...(head > ownHead ? [{ kind: 'unheard', start: ownHead + 1, end: head } as const] : []),
  ].toSorted((a, b) => a.start - b.start);
  const pieces: Piece[] = [];
  let next = 1;
  for (const hole of holes) {
    if (hole.start > next) pieces.push({ kind: 'here', start: next, end: hole.start - 1 });
    pieces.push(hole);
    next = Math.max(next, hole.end + 1);
  }
  if (next <= head) pieces.push({ kind: 'here', start: next, end: head });
  return pieces.slice(-piecesMax);
}

/** Places pieces side by side by their lengths; none is narrower than `widthMin`, a share. */
export function placePieces(pieces: readonly Piece[], widthMin: number): PlacedPiece[] {
  const sizes = pieces.map(({ start, end }) => end - start + 1);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // Where there is no room for all of them to be widened, they are widened by less.
  const least = Math.min(widthMin, 0.5 / Math.max(1, pieces.length));
  const wished = sizes.map((size) => Math.max(least, size / total));
  const sum = wished.reduce((all, width) => all + width, 0);
  let left = 0;
  return pieces.map((piece, at) => {
    const width = (wished[at] ?? 0) / sum;
    const placed = { ...piece, left, width };
    left += width;
    return placed;
  });
}

/** From where on it is worth looking closer; undefined where the whole strip shows it well. */
export function zoomStart(pieces: readonly Piece[], head: number): number | undefined {
  const first = pieces.find(({ kind }) => kind !== 'here');
  if (first === undefined) return undefined;
  const lacking = head - first.start + 1;
  if (lacking > head / 5) return undefined;
  return Math.max(1, first.start - Math.max(2, Math.ceil(lacking / 4)));
}

/** The pieces from a version on. */
export function piecesFrom(pieces: readonly Piece[], start: number): Piece[] {
  return pieces
    .filter(({ end }) => end >= start)
    .map((piece) => ({ ...piece, start: Math.max(piece.start, start) }));
}

/** Runs of seqs of a version of which a part is here, with the gaps between them. */
export function seqPieces(lastSeq: number, here: readonly Run[]): Piece[] {
  const pieces: Piece[] = [];
  let next = 0;
  for (const { start, end } of here.toSorted((a, b) => a.start - b.start).slice(0, piecesMax)) {
    if (start > next) pieces.push({ kind: 'gap', start: next, end: start - 1 });
    pieces.push({ kind: 'here', start, end });
    next = end + 1;
  }
  if (next <= lastSeq) pieces.push({ kind: 'gap', start: next, end: lastSeq });
  return pieces;
}
