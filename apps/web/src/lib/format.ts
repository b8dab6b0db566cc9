// Figures and ids as text.

/** A whole number with thin separators: 12 345. */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, '\u2009');
}

/** A duration in the unit that suits its size. */
export function formatMs(ms: number): string {
  if (ms === 0) return '0 ms';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}

/** The first eight digits of an actor id: enough to tell actors apart by eye. */
export function shortActorId(actorId: string): string {
  return actorId.slice(0, 8);
}
