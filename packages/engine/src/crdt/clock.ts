// The order of writes. Two writes to one cell compare by the causal length of their row, then by the
// HLC of their transactions, then by actor id; within one transaction by seq. Values are never compared,
// so a transaction wins or loses whole (promise P5).

/** The clock of a base or a cell, with the actor by its local ordinal. */
export interface RowClock {
  readonly hlc: number;
  /** Ordinal of the actor in this database; 0 is nobody, before everybody. */
  readonly actor: number;
  readonly version: number;
  readonly seq: number;
}

/** Orders actors, which are known by local ordinals, by their ids: negative when a comes first. */
export type ActorOrder = (a: number, b: number) => number;

/** Positive when `a` is the later write; 0 for the very same change. */
export function compareClocks(a: RowClock, b: RowClock, order: ActorOrder): number {
  if (a.hlc !== b.hlc) return a.hlc - b.hlc;
  if (a.actor !== b.actor) return order(a.actor, b.actor);
  return a.seq - b.seq;
}

/** Which rule decided between two clocks, for people. */
export function decidingRule(winner: RowClock, loser: RowClock): 'hlc' | 'actor' {
  return winner.hlc === loser.hlc ? 'actor' : 'hlc';
}

/** Base of a row whose insert has not arrived yet: before every real one of its causal length. */
export const unknownBase: RowClock = { hlc: 0, actor: 0, version: 0, seq: 0 };

/** Whether a row with this causal length exists. */
export function isAlive(cl: number): boolean {
  return cl % 2 === 1;
}
