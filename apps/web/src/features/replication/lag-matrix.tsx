// The lag matrix, observers by actors, after the WAI-ARIA grid pattern: one stop for Tab, arrows between
// cells, Enter opens what is behind one. Each cell has its figure; colour, corner and stripes only repeat it.

'use client';

import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';
import { formatCount, formatShort } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { classes } from '../../ui/classes.ts';
import type { Actor, LagCell, LagMatrix, Observer } from './lag-reading.ts';
import { bandOf, cellText, type LagBand, nameOf } from './lag-words.ts';

export const bandClasses: Readonly<Record<LagBand, string>> = {
  0: 'bg-lag-0 text-ink',
  1: 'bg-lag-1 text-ink',
  2: 'bg-lag-2 text-ink',
  3: 'bg-lag-3 text-lag-ink',
  4: 'bg-lag-4 text-lag-ink',
  5: 'bg-lag-5 text-lag-ink-5',
};

interface LagMatrixProps {
  readonly matrix: LagMatrix;
  readonly summary: string;
  readonly onOpen: (observerId: string, actorId: string) => void;
}

interface Place {
  readonly row: number;
  readonly column: number;
}

export function LagMatrixTable({ matrix, summary, onOpen }: LagMatrixProps): ReactNode {
  const { observers, actors, cells } = matrix;
  const [place, setPlace] = useState<Place>({ row: 0, column: 0 });
  const table = useRef<HTMLTableElement>(null);
  const id = useId();
  const last = { row: observers.length - 1, column: actors.length - 1 };
  const current = {
    row: Math.min(place.row, last.row),
    column: Math.min(place.column, last.column),
  };
  const open = (row: number, column: number) => {
    const [observer, actor] = [observers[row], actors[column]];
    if (observer !== undefined && actor !== undefined) onOpen(observer.actorId, actor.actorId);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      open(current.row, current.column);
      return;
    }
    const next = moved(current, last, event);
    if (next === undefined) return;
    event.preventDefault();
    setPlace(next);
    table.current
      ?.querySelector<HTMLElement>(`[data-place="${next.row}-${next.column}"]`)
      ?.focus({ preventScroll: false });
  };
  return (
    <div className="relative overflow-x-auto pb-1">
      <table
        ref={table}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its cells open what is behind them.
        role="grid"
        aria-label="Lag matrix"
        aria-describedby={id}
        onKeyDown={press}
        className="border-separate border-spacing-0.5 text-sm"
      >
        <caption id={id} className="sr-only">
          Versions that each node (row) lacks of each writer (column). {summary}
        </caption>
        <thead>
          <tr>
            <th scope="col" className="px-2 pb-1 text-left text-xs font-medium text-ink-3">
              lacks ↓ of →
            </th>
            {actors.map((actor) => (
              <ActorHead key={actor.actorId} actor={actor} />
            ))}
          </tr>
        </thead>
        <tbody>
          {observers.map((observer, row) => (
            <tr key={observer.actorId}>
              <ObserverHead observer={observer} />
              {actors.map((actor, column) => {
                const cell = cells[row]?.[column];
                return cell === undefined ? null : (
                  <MatrixCell
                    key={actor.actorId}
                    cell={cell}
                    text={cellText(nameOf(observer), nameOf(actor), cell)}
                    place={`${row}-${column}`}
                    isCurrent={row === current.row && column === current.column}
                    onOpen={() => {
                      setPlace({ row, column });
                      open(row, column);
                    }}
                  />
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function moved(from: Place, last: Place, event: KeyboardEvent): Place | undefined {
  const isAll = event.ctrlKey || event.metaKey;
  const { row, column } = from;
  switch (event.key) {
    case 'ArrowRight':
      return { row, column: Math.min(last.column, column + 1) };
    case 'ArrowLeft':
      return { row, column: Math.max(0, column - 1) };
    case 'ArrowDown':
      return { row: Math.min(last.row, row + 1), column };
    case 'ArrowUp':
      return { row: Math.max(0, row - 1), column };
    case 'Home':
      return { row: isAll ? 0 : row, column: 0 };
    case 'End':
      return { row: isAll ? last.row : row, column: last.column };
    default:
      return undefined;
  }
}

function ActorHead({ actor }: { readonly actor: Actor }): ReactNode {
  return (
    <th scope="col" className="px-1 pb-1 align-bottom font-normal" title={nameOf(actor)}>
      <span className="block max-w-36 truncate font-mono text-xs text-ink">
        <bdi>{nameOf(actor)}</bdi>
      </span>
      <span className="figures block text-xs text-ink-3">
        {actor.isSilent ? 'silent, known to ' : 'head '}
        {formatCount(actor.head)}
      </span>
    </th>
  );
}

function ObserverHead({ observer }: { readonly observer: Observer }): ReactNode {
  return (
    <th
      scope="row"
      className="pr-3 pl-2 text-left font-normal"
      title={observer.trouble ?? undefined}
    >
      <span className="block max-w-44 truncate font-mono text-xs text-ink">
        <bdi>{nameOf(observer)}</bdi>
      </span>
      {observer.trouble === null ? null : (
        <span className="block text-xs text-bad">✕ doesn’t answer</span>
      )}
    </th>
  );
}

interface MatrixCellProps {
  readonly cell: LagCell;
  readonly text: string;
  readonly place: string;
  readonly isCurrent: boolean;
  readonly onOpen: () => void;
}

function MatrixCell({ cell, text, place, isCurrent, onOpen }: MatrixCellProps): ReactNode {
  const { main, small } = figuresOf(cell);
  const hasGaps = cell.kind === 'seen' && cell.gaps > 0;
  const hasPartials = cell.kind === 'seen' && cell.partials > 0;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the grid.
    <td
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a cell of the grid above.
      role="gridcell"
      tabIndex={isCurrent ? 0 : -1}
      data-place={place}
      title={text}
      onClick={onOpen}
      className={classes(
        'relative h-12 min-w-24 cursor-pointer rounded px-2 text-center align-middle',
        coatOf(cell),
      )}
    >
      {hasGaps ? <Corner /> : null}
      {hasPartials ? <Stripes /> : null}
      <span className="sr-only">{text}</span>
      <span aria-hidden="true" className="figures block font-medium">
        {main}
      </span>
      {small === '' ? null : (
        <span aria-hidden="true" className="figures block text-xs">
          {small}
        </span>
      )}
    </td>
  );
}

function coatOf(cell: LagCell): string {
  switch (cell.kind) {
    case 'own':
    case 'unwritten':
      return 'border border-line text-ink-3';
    case 'never':
      return 'hatched border border-warn text-ink';
    case 'silent':
      return classes(
        'hatched border border-dashed border-line-strong',
        cell.versionsMax === null ? 'text-ink-2' : bandClasses[bandOf(cell.versionsMax)],
      );
    case 'seen':
      return classes(
        bandClasses[bandOf(cell.versions)],
        cell.isAtLeast && 'hatched border border-dashed border-line-strong',
      );
  }
}

function figuresOf(cell: LagCell): { readonly main: string; readonly small: string } {
  switch (cell.kind) {
    case 'own':
      return { main: '·', small: '' };
    case 'unwritten':
      return { main: '0', small: 'no writes' };
    case 'never':
      return { main: formatShort(cell.head), small: 'never heard' };
    case 'silent':
      return cell.versionsMax === null
        ? { main: '?', small: '' }
        : { main: `≤ ${formatShort(cell.versionsMax)}`, small: 'at most' };
    case 'seen': {
      const main = `${cell.isAtLeast ? '≥ ' : ''}${formatShort(cell.versions)}`;
      const age = cell.ms === null ? 'not heard of' : formatDuration(cell.ms);
      return { main, small: cell.versions === 0 ? '' : age };
    }
  }
}

/** The corner that marks gaps. */
function Corner(): ReactNode {
  return (
    <svg aria-hidden="true" viewBox="0 0 10 10" className="absolute top-0 right-0 size-2.5">
      <path d="M0 0h10v10z" fill="currentColor" />
    </svg>
  );
}

/** The edge that marks versions of which a part is here. */
function Stripes(): ReactNode {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 4 40"
      preserveAspectRatio="none"
      className="absolute top-0 left-0 h-full w-1.5"
    >
      <path
        d="M0 8 4 4M0 16 4 12M0 24 4 20M0 32 4 28M0 40 4 36"
        stroke="currentColor"
        strokeWidth="1.4"
      />
    </svg>
  );
}
