// What the matrix says in words and in six steps of colour, for those who can't see it whole: the worst
// pairs, one sentence that sums up, and a sentence for each cell.

import { formatCount, plural } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { isLacking, type LagCell, type LagMatrix } from './lag-reading.ts';

export type LagBand = 0 | 1 | 2 | 3 | 4 | 5;

/** The bands by versions, a scale of tens. */
export const bandTexts = ['0', '1–9', '10–99', '100–999', '1,000–9,999', '10,000 +'] as const;

/** Which of the six colours a number of versions has. */
export function bandOf(versions: number): LagBand {
  if (versions < 1) return 0;
  if (versions < 10) return 1;
  if (versions < 100) return 2;
  if (versions < 1_000) return 3;
  return versions < 10_000 ? 4 : 5;
}

export interface Pair {
  readonly observerId: string;
  readonly actorId: string;
  readonly observer: string;
  readonly actor: string;
  readonly cell: LagCell;
  readonly versions: number;
  readonly ms: number | null;
}

/** How a node is called in words. */
export function nameOf(each: {
  readonly actorId: string;
  readonly address: string | null;
}): string {
  return each.address ?? `former node ${each.actorId.slice(0, 8)}`;
}

/** Pairs of which something is known to be missing, the worst first. */
export function worstPairs(matrix: LagMatrix, pairsMax: number): Pair[] {
  return rankedPairs(matrix, Number.POSITIVE_INFINITY)
    .filter(({ cell }) => isLacking(cell))
    .slice(0, pairsMax);
}

/** The worst pairs first, then those of which nothing can be known, then those that lack nothing. */
export function rankedPairs(matrix: LagMatrix, pairsMax: number): Pair[] {
  const rank = ({ cell }: Pair) => (isLacking(cell) ? 0 : cell.kind === 'silent' ? 1 : 2);
  return pairsOf(matrix)
    .toSorted((a, b) => rank(a) - rank(b) || b.versions - a.versions || (b.ms ?? 0) - (a.ms ?? 0))
    .slice(0, pairsMax);
}

function pairsOf({ observers, actors, cells }: LagMatrix): Pair[] {
  return observers.flatMap((observer, row) =>
    actors.flatMap((actor, column) => {
      const cell = cells[row]?.[column];
      if (cell === undefined || cell.kind === 'own') return [];
      return [
        {
          observerId: observer.actorId,
          actorId: actor.actorId,
          observer: nameOf(observer),
          actor: nameOf(actor),
          cell,
          versions: cell.kind === 'seen' ? cell.versions : cell.kind === 'never' ? cell.head : 0,
          ms: cell.kind === 'seen' ? cell.ms : null,
        },
      ];
    }),
  );
}

/** The whole matrix in a sentence or two. */
export function summaryOf(matrix: LagMatrix): string {
  const pairs = pairsOf(matrix);
  const lacking = worstPairs(matrix, pairs.length);
  const [worst] = lacking;
  const silent = matrix.observers.filter(({ trouble }) => trouble !== null);
  const answering = matrix.observers.length - silent.length;
  const sentences: string[] = [];
  if (worst === undefined) {
    sentences.push(
      silent.length > 0
        ? 'The nodes that answer lack nothing that is known of.'
        : answering < 2
          ? 'This node is alone: there is nobody to lag behind.'
          : 'Every node has everything.',
    );
  } else {
    const asked = pairs.filter(({ cell }) => cell.kind !== 'silent').length;
    const age = worst.ms === null ? '' : `, the oldest for ${formatDuration(worst.ms)}`;
    sentences.push(
      `${formatCount(lacking.length)} of ${plural(asked, 'pair')} behind.`,
      `Worst: ${worst.observer} lacks ${plural(worst.versions, 'version')} of ${worst.actor}${age}.`,
    );
  }
  if (silent.length > 0) sentences.push(silentText(silent.map(nameOf), mostUnknown(pairs)));
  return sentences.join(' ');
}

/** The most that a silent node may lack of one other, by what it last told; null where none told. */
function mostUnknown(pairs: readonly Pair[]): number | null {
  return pairs.reduce<number | null>(
    (most, { cell }) =>
      cell.kind === 'silent' && cell.versionsMax !== null
        ? Math.max(most ?? 0, cell.versionsMax)
        : most,
    null,
  );
}

function silentText(names: readonly string[], most: number | null): string {
  const [first] = names;
  const isOne = names.length === 1;
  const who = isOne ? `${first} doesn’t answer` : `${plural(names.length, 'node')} don’t answer`;
  const they = isOne ? 'it lacks' : 'they lack';
  return most === null
    ? `${who}: what ${they} can’t be known.`
    : `${who}: by what was last told ${they} at most ${plural(most, 'version')} of one writer.`;
}

/** One cell as a sentence. */
export function cellText(observer: string, actor: string, cell: LagCell): string {
  switch (cell.kind) {
    case 'own':
      return `${actor} itself, at version ${formatCount(cell.head)}.`;
    case 'unwritten':
      return `${actor} has written nothing yet.`;
    case 'never':
      return `${observer} has never heard of ${actor}, which is at version ${formatCount(cell.head)}.`;
    case 'silent':
      return cell.versionsMax === null
        ? `${observer} doesn’t answer.`
        : `${observer} doesn’t answer; by what it last told it lacks at most ${plural(cell.versionsMax, 'version')} of ${actor}.`;
    case 'seen':
      return seenText(observer, actor, cell);
  }
}

function seenText(
  observer: string,
  actor: string,
  cell: Extract<LagCell, { readonly kind: 'seen' }>,
): string {
  const { versions, ms, gaps, partials, isAtLeast } = cell;
  const what =
    versions === 0
      ? `has all that is known of ${actor}`
      : `lacks ${isAtLeast ? 'at least ' : ''}${plural(versions, 'version')} of ${actor}`;
  const details = [
    ...(versions > 0 && ms !== null ? [`the oldest for ${formatDuration(ms)}`] : []),
    ...(versions > 0 && ms === null ? ['of which it has not heard'] : []),
    ...(gaps > 0 ? [plural(gaps, 'gap')] : []),
    ...(partials > 0 ? [`${plural(partials, 'version')} in part`] : []),
  ];
  const rest = details.length === 0 ? '' : `: ${details.join(', ')}`;
  const caution = isAtLeast ? ` ${actor} doesn’t answer and may have written more.` : '';
  return `${observer} ${what}${rest}.${caution}`;
}
