// Strips of versions, and of the seqs of one version, with their legend. What is lacking differs from what
// is here by height and pattern, not by colour alone.

import type { ReactNode } from 'react';
import { formatCount } from '../../format/numbers.ts';
import {
  type Piece,
  type PieceKind,
  piecesFrom,
  piecesOf,
  placePieces,
  type StripParts,
  seqPieces,
  zoomStart,
} from './gap-strip.ts';

/** The least share of the width that a piece takes. */
const pieceWidthMin = 0.008;

const fills: Readonly<Record<PieceKind, string>> = {
  here: 'var(--lag-2)',
  gap: 'var(--bad)',
  partial: 'var(--lag-3)',
  unheard: 'var(--line-strong)',
};

/** Top and height of a piece in a strip of height 20. */
const shapes: Readonly<Record<PieceKind, readonly [number, number]>> = {
  here: [4, 12],
  gap: [0, 20],
  partial: [0, 20],
  unheard: [8, 4],
};

const pieceTexts: Readonly<Record<PieceKind, string>> = {
  here: 'here',
  gap: 'missing',
  partial: 'in part',
  unheard: 'not heard of',
};

interface VersionStripProps {
  readonly parts: StripParts;
  /** What the strip says, as a sentence. */
  readonly label: string;
}

/** All versions, and the end of them closer where what is missing would be hard to see. */
export function VersionStrip({ parts, label }: VersionStripProps): ReactNode {
  const pieces = piecesOf(parts);
  const start = zoomStart(pieces, parts.head);
  return (
    <div className="flex flex-col gap-3">
      <Strip pieces={pieces} label={label} />
      {start === undefined ? null : (
        <div className="flex flex-col gap-1">
          <p className="text-xs text-ink-3">The newest versions, closer</p>
          <Strip pieces={piecesFrom(pieces, start)} label={`${label} From version ${start} on.`} />
        </div>
      )}
      <Legend pieces={pieces} />
    </div>
  );
}

/** The seqs of a version of which a part is here. */
export function SeqStrip({
  lastSeq,
  here,
  label,
}: {
  readonly lastSeq: number;
  readonly here: readonly { readonly start: number; readonly end: number }[];
  readonly label: string;
}): ReactNode {
  return <Strip pieces={seqPieces(lastSeq, here)} label={label} />;
}

function Strip({ pieces, label }: { readonly pieces: readonly Piece[]; readonly label: string }) {
  const [first, last] = [pieces.at(0), pieces.at(-1)];
  if (first === undefined || last === undefined) return null;
  return (
    <div>
      <svg
        role="img"
        aria-label={label}
        viewBox="0 0 1000 20"
        preserveAspectRatio="none"
        className="h-5 w-full"
      >
        {placePieces(pieces, pieceWidthMin).map(({ kind, start, end, left, width }) => (
          <rect
            key={start}
            x={left * 1_000}
            width={Math.max(1, width * 1_000 - 0.5)}
            y={shapes[kind][0]}
            height={shapes[kind][1]}
            fill={fills[kind]}
          >
            <title>{`${pieceTexts[kind]}: ${rangeText(start, end)}`}</title>
          </rect>
        ))}
      </svg>
      <div aria-hidden="true" className="figures flex justify-between text-xs text-ink-3">
        <span>{formatCount(first.start)}</span>
        <span>{formatCount(last.end)}</span>
      </div>
    </div>
  );
}

function Legend({ pieces }: { readonly pieces: readonly Piece[] }): ReactNode {
  const kinds = (['here', 'gap', 'partial', 'unheard'] as const).filter((kind) =>
    pieces.some((piece) => piece.kind === kind),
  );
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-2">
      {kinds.map((kind) => (
        <li key={kind} className="flex items-center gap-1.5">
          <svg aria-hidden="true" viewBox="0 0 12 20" className="h-3.5 w-3">
            <rect width="12" y={shapes[kind][0]} height={shapes[kind][1]} fill={fills[kind]} />
          </svg>
          {pieceTexts[kind]}
        </li>
      ))}
    </ul>
  );
}

/** "7", or "7–12". */
export function rangeText(start: number, end: number): string {
  return start === end ? formatCount(start) : `${formatCount(start)}–${formatCount(end)}`;
}
