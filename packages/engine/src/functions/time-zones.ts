// Offsets of time zones at a moment: fixed ones by themselves, named ones from the runtime's own tables.

import { daysToEpoch2000, finite, type Moment, usPerDay } from './calendar.ts';
import { sqlFault } from './function-error.ts';

/** Zones whose tables are kept. */
const zonesMax = 200;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Abbreviations that PostgreSQL knows by default and people use. */
const abbreviations: ReadonlyMap<string, number> = new Map([
  ['utc', 0],
  ['gmt', 0],
  ['z', 0],
  ['zulu', 0],
  ['ut', 0],
  ['wet', 0],
  ['bst', 3_600],
  ['cet', 3_600],
  ['met', 3_600],
  ['cest', 7_200],
  ['eet', 7_200],
  ['eest', 10_800],
  ['msk', 10_800],
  ['est', -18_000],
  ['edt', -14_400],
  ['cst', -21_600],
  ['cdt', -18_000],
  ['mst', -25_200],
  ['mdt', -21_600],
  ['pst', -28_800],
  ['pdt', -25_200],
  ['jst', 32_400],
  ['kst', 32_400],
  ['hkt', 28_800],
  ['aest', 36_000],
  ['aedt', 39_600],
  ['nzst', 43_200],
  ['nzdt', 46_800],
]);

/** `+02`, `-03:30`, `+0530`, in seconds to the east; undefined for other text. */
export function parseOffset(text: string): number | undefined {
  const [, sign, hours, minutes, seconds] =
    /^([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(text) ?? [];
  if (hours === undefined) return undefined;
  const total = Number(hours) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  if (total > 16 * 3_600) throw sqlFault('22009', `time zone displacement out of range: "${text}"`);
  return sign === '-' ? -total : total;
}

/** The offset that an abbreviation stands for, seconds to the east. */
export function offsetOfAbbreviation(name: string): number | undefined {
  return abbreviations.get(name.toLowerCase());
}

/** Whether there is a zone of this name. */
export function isZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Seconds to the east of UTC at a moment in UTC. Throws 22023 for unknown zones. */
export function offsetAt(zone: string, moment: Moment): number {
  const fixed = fixedOffset(zone);
  if (fixed !== undefined || moment.kind !== 'finite') return fixed ?? 0;
  const ms = (moment.days + daysToEpoch2000) * 86_400_000 + Math.floor(moment.us / 1_000);
  // PostgreSQL's last years lie beyond the runtime's; the offset of its last days stands for theirs.
  return namedOffset(zone, Math.max(-namedMsMax, Math.min(namedMsMax, ms)));
}

/** A month less than what Date can hold: the cache asks for whole weeks around a moment. */
const namedMsMax = 8.64e15 - 31 * 86_400_000;

/** A local time in a zone as UTC; what does not exist, or twice, is taken with the offset before. */
export function toUtc(local: Moment, zone: string): Moment {
  if (local.kind !== 'finite') return local;
  const fixed = fixedOffset(zone);
  if (fixed !== undefined) return finite(local.days, local.us - fixed * 1_000_000);
  const before = offsetAt(zone, finite(local.days - 1, local.us));
  const after = offsetAt(zone, finite(local.days + 1, local.us));
  const early = finite(local.days, local.us - before * 1_000_000);
  if (before === after) return early;
  const late = finite(local.days, local.us - after * 1_000_000);
  const isLate = offsetAt(zone, late) === after;
  const isEarly = offsetAt(zone, early) === before;
  // At the end of summer time the hour comes twice: PostgreSQL takes standard time, the later one.
  if (isLate && isEarly) return before > after ? late : early;
  return isLate ? late : early;
}

/** UTC as the local time of a zone. */
export function toLocal(utc: Moment, zone: string): Moment {
  if (utc.kind !== 'finite') return utc;
  return finite(utc.days, utc.us + offsetAt(zone, utc) * 1_000_000);
}

/** `+02`, `+05:30`, `-00:01:15`. */
export function formatOffset(seconds: number): string {
  const sign = seconds < 0 ? '-' : '+';
  const magnitude = Math.abs(seconds);
  const parts = [Math.floor(magnitude / 3_600), Math.floor(magnitude / 60) % 60, magnitude % 60];
  const last = parts[2] !== 0 ? 3 : parts[1] !== 0 ? 2 : 1;
  return (
    sign +
    parts
      .slice(0, last)
      .map((part) => String(part).padStart(2, '0'))
      .join(':')
  );
}

/** POSIX counts to the west: `+02` and `GMT+2` are two hours behind, `<+02>-02` is two hours ahead. */
const posixZone = /^(?:[a-z]{3,}|<[^>]{1,16}>)?([+-]?\d{1,2}(?::?\d{2}){0,2})$/i;

/** Offsets of names that have the same at all times; undefined for the others. */
const fixedByName = new Map<string, number | undefined>();

function fixedOffset(zone: string): number | undefined {
  if (fixedByName.has(zone)) return fixedByName.get(zone);
  const offset = readFixed(zone);
  if (fixedByName.size >= zonesMax) fixedByName.clear();
  fixedByName.set(zone, offset);
  return offset;
}

function readFixed(zone: string): number | undefined {
  const name = zone.trim();
  if (/^(utc|gmt|etc\/utc|etc\/gmt|zulu|z)$/i.test(name)) return 0;
  if (name.includes('/')) return undefined;
  const west = posixZone.exec(name)?.[1];
  if (west === undefined) return abbreviations.get(name.toLowerCase());
  const offset = parseOffset(/^[+-]/.test(west) ? west : `+${west}`) ?? 0;
  return offset === 0 ? 0 : -offset;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw sqlFault('22023', `time zone "${zone}" not recognized`);
  }
  if (formats.size >= zonesMax) formats.clear();
  formats.set(zone, format);
  return format;
}

const quarterHourMs = 15 * 60_000;
const weekMs = 7 * 24 * 3_600_000;

/** Spans of time whose offsets are kept for each zone: two centuries of weeks, and quarters of an hour. */
const spansMax = 20_000;

/** By zone, then by number of the span; `mixed` where it changes within. */
const offsetsByWeek = new Map<string, Map<number, number | 'mixed'>>();
const offsetsByQuarter = new Map<string, Map<number, number>>();

function keptIn<Kept>(all: Map<string, Map<number, Kept>>, zone: string): Map<number, Kept> {
  let kept = all.get(zone);
  if (kept === undefined) {
    if (all.size >= zonesMax) all.clear();
    kept = new Map();
    all.set(zone, kept);
  }
  if (kept.size >= spansMax) kept.clear();
  return kept;
}

/** The runtime takes microseconds for an answer: most of them are known from their week. */
function namedOffset(zone: string, ms: number): number {
  const week = Math.floor(ms / weekMs);
  const weeks = keptIn(offsetsByWeek, zone);
  let offset = weeks.get(week);
  if (offset === undefined) {
    const [start, end] = [askOffset(zone, week * weekMs), askOffset(zone, (week + 1) * weekMs - 1)];
    offset = start === end ? start : 'mixed';
    weeks.set(week, offset);
  }
  if (offset !== 'mixed') return offset;
  // Before 1970 offsets change at any second.
  if (ms < 0) return askOffset(zone, ms);
  const quarter = Math.floor(ms / quarterHourMs);
  const quarters = keptIn(offsetsByQuarter, zone);
  const known = quarters.get(quarter);
  if (known !== undefined) return known;
  const asked = askOffset(zone, ms);
  quarters.set(quarter, asked);
  return asked;
}

function askOffset(zone: string, ms: number): number {
  const parts: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(ms)) parts[type] = value;
  const year = parts['era'] === 'BC' ? 1 - Number(parts['year']) : Number(parts['year']);
  const local = Date.UTC(
    2000,
    Number(parts['month']) - 1,
    Number(parts['day']),
    Number(parts['hour']),
    Number(parts['minute']),
    Number(parts['second']),
  );
  const shifted = new Date(local);
  shifted.setUTCFullYear(year, Number(parts['month']) - 1, Number(parts['day']));
  return Math.round((shifted.getTime() - Math.floor(ms / 1_000) * 1_000) / 1_000);
}

/** Microseconds between two moments of the same kind of clock. */
export function microsecondsBetween(
  a: { days: number; us: number },
  b: { days: number; us: number },
): number {
  return (a.days - b.days) * usPerDay + (a.us - b.us);
}
