// The matrix as a list, the worst pairs first: in narrow windows it stands for the matrix.

import type { ReactNode } from 'react';
import { formatCount, formatShort } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { classes } from '../../ui/classes.ts';
import { bandClasses } from './lag-matrix.tsx';
import type { LagCell, LagMatrix } from './lag-reading.ts';
import { bandOf, rankedPairs, worstPairs } from './lag-words.ts';

interface WorstListProps {
  readonly matrix: LagMatrix;
  readonly pairsMax: number;
  readonly isLackingOnly?: boolean;
  readonly onOpen: (observerId: string, actorId: string) => void;
}

export function WorstList(props: WorstListProps): ReactNode {
  const { matrix, pairsMax, isLackingOnly = false, onOpen } = props;
  const pairs = isLackingOnly ? worstPairs(matrix, pairsMax) : rankedPairs(matrix, pairsMax);
  if (pairs.length === 0) return null;
  return (
    <ul
      aria-label="Pairs of nodes, the worst first"
      className="divide-y divide-line border-y border-line"
    >
      {pairs.map(({ observerId, actorId, observer, actor, cell }) => (
        <li key={`${observerId} ${actorId}`}>
          <button
            type="button"
            onClick={() => onOpen(observerId, actorId)}
            className="flex w-full items-center gap-3 py-2 text-left text-sm hover:bg-hover"
          >
            <span
              className={classes(
                'figures min-w-14 rounded px-1.5 py-1 text-center font-medium',
                cell.kind === 'seen'
                  ? bandClasses[bandOf(cell.versions)]
                  : 'hatched border border-line-strong',
              )}
            >
              {figureOf(cell)}
            </span>
            <span className="min-w-0 flex-1">
              <span className="block truncate font-mono text-xs">
                <bdi>{observer}</bdi>
              </span>
              <span className="block truncate text-xs text-ink-2">
                of <bdi className="font-mono">{actor}</bdi> · {detailOf(cell)}
              </span>
            </span>
            <span aria-hidden="true" className="text-ink-3">
              ›
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function figureOf(cell: LagCell): string {
  if (cell.kind === 'seen') return `${cell.isAtLeast ? '≥ ' : ''}${formatShort(cell.versions)}`;
  if (cell.kind === 'never') return formatShort(cell.head);
  if (cell.kind === 'unwritten') return '0';
  if (cell.kind === 'own' || cell.versionsMax === null) return '?';
  return `≤ ${formatShort(cell.versionsMax)}`;
}

function detailOf(cell: LagCell): string {
  if (cell.kind === 'silent') return 'doesn’t answer';
  if (cell.kind === 'never') return 'never heard of it';
  if (cell.kind === 'unwritten') return 'no writes yet';
  if (cell.kind === 'own') return '';
  if (cell.versions === 0) return 'nothing lacking';
  const age = cell.ms === null ? 'not heard of' : `for ${formatDuration(cell.ms)}`;
  return cell.gaps > 0 ? `${age}, ${formatCount(cell.gaps)} gaps` : age;
}
