// The matrix as it was: what the nodes recorded of themselves, put together for one moment.

import {
  type LagCell,
  type LagFigures,
  type LagMatrix,
  type ObserverAnswer,
  readLag,
} from './lag-reading.ts';

interface Trouble {
  readonly error: string;
  readonly code: string;
}

export interface RecordedActor {
  readonly actor_id: string;
  /** Highest version that the node knew of then. */
  readonly heads: readonly (number | null)[];
  readonly versions: readonly (number | null)[];
  readonly ms: readonly (number | null)[];
  readonly gaps: readonly (number | null)[];
  readonly partials: readonly (number | null)[];
}

export interface Recorded {
  readonly times_ms: readonly number[];
  readonly actors: readonly RecordedActor[];
}

export type RecordedAnswer = { readonly actor_id: string; readonly address: string } & (
  | { readonly ok: true; readonly answer: Recorded }
  | { readonly ok: false; readonly error: Trouble }
);

export interface LagHistory {
  readonly step_ms: number;
  readonly observers: readonly RecordedAnswer[];
}

/** The moments of which anything is known, evenly spaced, the oldest first. */
export function momentsOf({ step_ms: stepMs, observers }: LagHistory): number[] {
  const times = observers.flatMap((each) => (each.ok ? each.answer.times_ms : []));
  if (times.length === 0) return [];
  const first = times.reduce((least, time) => Math.min(least, time));
  const last = times.reduce((most, time) => Math.max(most, time));
  const count = Math.floor((last - first) / stepMs) + 1;
  return Array.from({ length: count }, (_, at) => last - (count - 1 - at) * stepMs);
}

/**
 * How long before, in steps, a version must have been known elsewhere to count as lacking. Nodes take their
 * samples at different moments: with less, a node that was asked early would seem to be behind.
 */
const graceSteps = 1.5;

/** The matrix at a moment. Nodes that recorded nothing then count as not answering. */
export function matrixAt(history: LagHistory, atMs: number): LagMatrix {
  const before = answersAt(history, atMs - graceSteps * history.step_ms);
  const answers = answersAt(history, atMs);
  return readLag(readLag({ heads: new Map(), seen: new Map() }, before).memory, answers).matrix;
}

function answersAt(history: LagHistory, atMs: number): ObserverAnswer[] {
  return history.observers.map((each) => {
    const { actor_id, address } = each;
    if (!each.ok) return { actor_id, address, ok: false, error: each.error };
    const at = sampleAt(each.answer.times_ms, atMs, history.step_ms);
    if (at === undefined) return { actor_id, address, ok: false, error: nothingRecorded };
    const answer = each.answer.actors.flatMap((actor) => figuresAt(actor, at));
    return { actor_id, address, ok: true, answer };
  });
}

const nothingRecorded: Trouble = { code: 'NOTHING', error: 'it recorded nothing at that time' };

/** The sample nearest to a moment, where one is near enough to speak of it. */
export function sampleAt(
  timesMs: readonly number[],
  atMs: number,
  stepMs: number,
): number | undefined {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((timesMs[middle] ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  const candidates = [low - 1, low].filter((at) => timesMs[at] !== undefined);
  const distance = (at: number) => Math.abs((timesMs[at] ?? 0) - atMs);
  const [nearest] = candidates.toSorted((a, b) => distance(a) - distance(b));
  return nearest !== undefined && distance(nearest) <= stepMs ? nearest : undefined;
}

function figuresAt(actor: RecordedActor, at: number): LagFigures[] {
  const [head, versions] = [actor.heads[at] ?? null, actor.versions[at] ?? null];
  if (head === null || versions === null) return [];
  return [
    {
      actor_id: actor.actor_id,
      head,
      versions,
      ms: actor.ms[at] ?? 0,
      gap_versions: 0,
      gaps: actor.gaps[at] ?? 0,
      partials: actor.partials[at] ?? 0,
    },
  ];
}

function lackingIn(cell: LagCell): number {
  if (cell.kind === 'seen') return cell.versions;
  return cell.kind === 'silent' ? (cell.versionsMax ?? 0) : 0;
}

/** The most that any node lacked, or may have lacked, of any other at each moment, for the line above the scrubber. */
export function worstOverTime(history: LagHistory, moments: readonly number[]): number[] {
  return moments.map((atMs) =>
    matrixAt(history, atMs)
      .cells.flat()
      .reduce((most, cell) => Math.max(most, lackingIn(cell)), 0),
  );
}
