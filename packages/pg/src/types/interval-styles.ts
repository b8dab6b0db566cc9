// Intervals in the styles that sessions may ask for besides `postgres` and `iso_8601` (after PostgreSQL's
// EncodeInterval in datetime.c).

import { fractionText, usPerSecond } from '@patina/engine/functions/calendar.ts';
import type { Interval } from '@patina/engine/functions/interval.ts';

interface Clock {
  readonly hours: number;
  readonly minutes: number;
  /** With the fraction, without trailing zeros. */
  readonly seconds: string;
}

/** Of microseconds that are not negative. */
function clockOf(us: number): Clock {
  const whole = Math.floor(us / usPerSecond);
  const fraction = us - whole * usPerSecond;
  return {
    hours: Math.floor(whole / 3_600),
    minutes: Math.floor(whole / 60) % 60,
    seconds: `${whole % 60}${fraction === 0 ? '' : `.${fractionText(fraction)}`}`,
  };
}

function clockText(us: number): string {
  const { hours, minutes, seconds } = clockOf(us);
  // A second of one digit is filled up, also before a fraction.
  const filled = /^\d(\.|$)/.test(seconds) ? `0${seconds}` : seconds;
  return `${hours}:${String(minutes).padStart(2, '0')}:${filled}`;
}

/** `1-2` of years and months, `3 4:05:06` of days and times; with signs before every part where both stand. */
export function formatIntervalSql({ months, days, us }: Interval): string {
  const parts = [months, days, us];
  const isNegative = parts.some((part) => part < 0);
  if (!isNegative && parts.every((part) => part === 0)) return '0';
  const isMixed = isNegative && parts.some((part) => part > 0);
  const yearMonth = `${Math.floor(Math.abs(months) / 12)}-${Math.abs(months) % 12}`;
  const clock = clockText(Math.abs(us));
  if (isMixed || (months !== 0 && (days !== 0 || us !== 0))) {
    const sign = (part: number): string => (part < 0 ? '-' : '+');
    return `${sign(months)}${yearMonth} ${sign(days)}${Math.abs(days)} ${sign(us)}${clock}`;
  }
  const sign = isNegative ? '-' : '';
  if (months !== 0) return `${sign}${yearMonth}`;
  return days === 0 ? `${sign}${clock}` : `${sign}${Math.abs(days)} ${clock}`;
}

/** `@ 1 year 2 mons -3 days ago`: all signs are turned where the first part is negative. */
export function formatIntervalVerbose({ months, days, us }: Interval): string {
  const sign = us < 0 ? -1 : 1;
  const { hours, minutes, seconds } = clockOf(Math.abs(us));
  const counts: readonly (readonly [count: number, unit: string])[] = [
    [Math.trunc(months / 12), 'year'],
    [months % 12, 'mon'],
    [days, 'day'],
    [hours * sign, 'hour'],
    [minutes * sign, 'min'],
  ];
  const parts: string[] = [];
  let isAgo: boolean | undefined;
  for (const [count, unit] of counts) {
    if (count === 0) continue;
    const shown = isAgo === undefined ? Math.abs(count) : isAgo ? -count : count;
    isAgo ??= count < 0;
    parts.push(`${shown} ${unit}${shown === 1 ? '' : 's'}`);
  }
  if (seconds !== '0') {
    const isMinus = isAgo !== undefined && us < 0 !== isAgo;
    isAgo ??= us < 0;
    parts.push(`${isMinus ? '-' : ''}${seconds} ${seconds === '1' ? 'sec' : 'secs'}`);
  }
  return `@ ${parts.length === 0 ? '0' : parts.join(' ')}${isAgo === true ? ' ago' : ''}`;
}
