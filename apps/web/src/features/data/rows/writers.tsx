// Which colour stands for which writer, and what is said of one cell's writer.

import type { ReactNode } from 'react';
import { formatCount } from '../../../format/numbers.ts';
import { formatMoment } from '../../../format/times.ts';
import type { CellMark } from '../../../grid/grid-types.ts';
import type { CellWriter, CellWriters } from './use-origins.ts';

/** So many writers have colours of their own. */
const coloursMax = 6;

type Zone = Parameters<typeof formatMoment>[1];

export function writerText({ address, actorId, version, atMs }: CellWriter, zone: Zone): string {
  return `Written by ${address ?? actorId} in its version ${formatCount(version)}, ${formatMoment(atMs, zone)}`;
}

export function writerMark(writer: CellWriter, zone: Zone): CellMark {
  return { tone: 'written', title: writerText(writer, zone), colour: colourOf(writer.rank, 20) };
}

export function Writers({ writers }: Pick<CellWriters, 'writers'>): ReactNode {
  return (
    <ul aria-label="Writers" className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-ink-2">
      {writers.map(({ actorId, address }, rank) => (
        <li key={actorId} className="flex items-center gap-1.5">
          <span
            aria-hidden="true"
            className="size-3 rounded-sm border border-line-strong"
            style={{ background: colourOf(rank, 45) }}
          />
          <code className="text-xs">{address ?? actorId.slice(0, 8)}</code>
        </li>
      ))}
    </ul>
  );
}

function colourOf(rank: number, percent: number): string {
  return `color-mix(in srgb, var(--series-${(rank % coloursMax) + 1}) ${percent}%, transparent)`;
}
