// Moments and durations as text. Moments are shown in the zone that the reader chose: that of the
// machine, or UTC.

import { noFigure } from './numbers.ts';

export type TimeZone = 'local' | 'utc';

/** A duration in the unit that suits its size: 0.4 ms, 38 ms, 1.2 s, 3 min, 5 h, 12 d. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return noFigure;
  if (ms === 0) return '0 ms';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 60_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

/** How long ago: "now", "12 s ago". */
export function formatAgo(atMs: number | null | undefined, nowMs: number): string {
  if (atMs === null || atMs === undefined) return noFigure;
  const ageMs = nowMs - atMs;
  return ageMs < 1_000 ? 'now' : `${formatDuration(ageMs)} ago`;
}

/** The time of day with seconds: 14:03:27. */
export function formatClock(atMs: number, zone: TimeZone): string {
  return clock(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(atMs);
}

/** The time of day with milliseconds: 14:03:27.482. */
export function formatClockMs(atMs: number, zone: TimeZone): string {
  return `${formatClock(atMs, zone)}.${String(Math.floor(atMs) % 1_000).padStart(3, '0')}`;
}

/** Date and time, with the zone where it is UTC: 2026-11-23 14:03:27. */
export function formatMoment(atMs: number | null | undefined, zone: TimeZone): string {
  if (atMs === null || atMs === undefined) return noFigure;
  const date = clock(zone, { year: 'numeric', month: '2-digit', day: '2-digit' })
    .format(atMs)
    .split('/')
    .toReversed()
    .join('-');
  return `${date} ${formatClock(atMs, zone)}${zone === 'utc' ? ' UTC' : ''}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function clock(zone: TimeZone, parts: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${Object.keys(parts).join(' ')}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    ...parts,
    hourCycle: 'h23',
    ...(zone === 'utc' ? { timeZone: 'UTC' } : {}),
  });
  formats.set(key, made);
  return made;
}
