// The settings that clients can see and set, with PostgreSQL's names. Those that mean nothing here are
// accepted, so that the clients that set them work, where the value that they ask for is what happens anyway.

import { PgError } from '../pg-error.ts';

/** A setting of a session. */
export interface SettingDefinition {
  /** As PostgreSQL spells it. */
  readonly name: string;
  readonly standard: string;
  readonly description: string;
  /** Told to the client whenever it changes. */
  readonly isReported?: boolean;
  readonly isFixed?: boolean;
  /** The value as it is shown; throws PgError 22023. */
  readonly parse: (name: string, value: string) => string;
}

/** What PostgreSQL this one is taken for. */
export const serverVersion = '15.0';
const serverVersionNumber = '150000';

const anyText = (_name: string, value: string): string => value;

function oneOf(...allowed: readonly string[]): SettingDefinition['parse'] {
  return (name, value) => {
    const found = allowed.find((entry) => entry.toLowerCase() === value.toLowerCase());
    if (found !== undefined) return found;
    throw invalid(name, value, `Available values: ${allowed.join(', ')}.`);
  };
}

const trueWords = new Set(['on', 'true', 't', 'yes', 'y', '1']);
const falseWords = new Set(['off', 'false', 'f', 'no', 'n', '0']);

function flag(name: string, value: string): string {
  const word = value.toLowerCase();
  if (trueWords.has(word)) return 'on';
  if (falseWords.has(word)) return 'off';
  throw new PgError('22023', `parameter "${name}" requires a Boolean value`);
}

function integer(min: number, max: number): SettingDefinition['parse'] {
  return (name, value) => {
    const number = Number(value);
    if (!/^\s*[+-]?\d+\s*$/.test(value)) throw invalid(name, value, undefined);
    if (number < min || number > max) {
      throw new PgError(
        '22023',
        `${number} is outside the valid range for parameter "${name}" (${min} .. ${max})`,
      );
    }
    return String(number);
  };
}

/** Only what is so anyway. */
function alwaysOn(name: string, value: string): string {
  if (flag(name, value) === 'on') return 'on';
  throw invalid(
    name,
    value,
    "Backslashes in strings are always plain here; write E'…' for escapes.",
  );
}

const msByUnit: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['us', 0.001],
  ['ms', 1],
  ['s', 1_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Greatest time of PostgreSQL's settings, milliseconds. */
const timeMsMax = 2_147_483_647;

/** A time with a unit, or milliseconds; shown with the largest unit that leaves it whole. */
function time(name: string, value: string): string {
  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/.exec(value) ?? [];
  const factor = msByUnit.get(unit ?? '?');
  if (digits === undefined || factor === undefined) {
    const units = 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".';
    throw invalid(name, value, units);
  }
  const ms = Math.round(Number(digits) * factor);
  if (ms > timeMsMax) {
    throw new PgError(
      '22023',
      `${ms} ms is outside the valid range for parameter "${name}" (0 ms .. ${timeMsMax} ms)`,
    );
  }
  return timeText(ms);
}

/** A time as PostgreSQL shows it. */
export function timeText(ms: number): string {
  if (ms === 0) return '0';
  for (const unit of ['d', 'h', 'min', 's']) {
    const factor = msByUnit.get(unit) ?? 1;
    if (ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
}

/** Milliseconds of a time as {@link timeText} writes it. */
export function timeMs(shown: string): number {
  const [, digits, unit] = /^(\d+)([a-z]*)$/.exec(shown) ?? [];
  return Number(digits ?? 0) * (msByUnit.get(unit ?? '') ?? 1);
}

const utf8Names = new Set(['utf8', 'unicode', 'sqlascii']);

function encoding(name: string, value: string): string {
  const word = value.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (!utf8Names.has(word)) {
    throw invalid(name, value, 'Patina speaks UTF8 only.');
  }
  return word === 'sqlascii' ? 'SQL_ASCII' : 'UTF8';
}

/** ISO output; the order of day and month in input is kept as the client wants it. */
function dateStyle(name: string, value: string): string {
  let order = 'MDY';
  for (const part of value.split(',')) {
    const word = part.trim().toLowerCase();
    if (word === 'iso' || word === '' || word === 'default') continue;
    if (word === 'mdy' || word === 'us' || word === 'noneuro' || word === 'noneuropean')
      order = 'MDY';
    else if (word === 'dmy' || word === 'euro' || word === 'european') order = 'DMY';
    else if (word === 'ymd') order = 'YMD';
    else throw invalid(name, value, 'Dates are written in ISO style only.');
  }
  return `ISO, ${order}`;
}

function timeZone(name: string, value: string): string {
  const word = value.trim();
  if (/^(utc|gmt|zulu|z|default|local)$/i.test(word)) return /^gmt$/i.test(word) ? 'GMT' : 'UTC';
  const hours = /^[+-]?\d{1,2}(?:\.\d+)?$/.exec(word);
  if (hours !== null) {
    const number = Number(word);
    if (number === 0) return 'UTC';
    if (Number.isInteger(number) && Math.abs(number) <= 14) {
      // POSIX counts to the west; SET TIME ZONE 2 is two hours to the east.
      return `Etc/GMT${number > 0 ? '-' : '+'}${Math.abs(number)}`;
    }
  }
  // As JDBC sends the zone of a machine that has only an offset; it counts to the west.
  if (/^(?:gmt|utc)[+-]\d{1,2}(?::?\d{2})?$/i.test(word)) return word.toUpperCase();
  try {
    return new Intl.DateTimeFormat('en', { timeZone: word }).resolvedOptions().timeZone === ''
      ? word
      : properZone(word);
  } catch (cause) {
    throw new PgError('22023', `invalid value for parameter "${name}": "${value}"`, { cause });
  }
}

/** As it was written, with the capitals of names of zones. */
function properZone(word: string): string {
  return word
    .split('/')
    .map((part) =>
      part === part.toLowerCase() ? part.replaceAll(/(^|[_-])([a-z])/g, capital) : part,
    )
    .join('/');
}

function capital(_all: string, before: string, letter: string): string {
  return `${before}${letter.toUpperCase()}`;
}

function invalid(name: string, value: string, hint: string | undefined): PgError {
  return new PgError('22023', `invalid value for parameter "${name}": "${value}"`, { hint });
}

const isolationLevels = ['serializable', 'repeatable read', 'read committed', 'read uncommitted'];
const messageLevels = [
  'debug5',
  'debug4',
  'debug3',
  'debug2',
  'debug1',
  'log',
  'notice',
  'warning',
  'error',
];

function define(
  name: string,
  standard: string,
  parse: SettingDefinition['parse'],
  description: string,
  more: Pick<SettingDefinition, 'isReported' | 'isFixed'> = {},
): SettingDefinition {
  return { name, standard, parse, description, ...more };
}

const reported = { isReported: true } as const;
const fixed = { isFixed: true } as const;
const fixedAndReported = { isFixed: true, isReported: true } as const;

/** In the order in which SHOW ALL lists them. */
export const settingDefinitions: readonly SettingDefinition[] = [
  define('application_name', '', anyText, 'The name of the program that is connected.', reported),
  define('array_nulls', 'on', flag, 'Accepted without effect.'),
  define('backslash_quote', 'safe_encoding', anyText, 'Accepted without effect.'),
  define('bytea_output', 'hex', oneOf('hex', 'escape'), 'The form of bytea in text.'),
  define('check_function_bodies', 'on', flag, 'Accepted without effect.'),
  define('client_encoding', 'UTF8', encoding, 'The encoding of the client: UTF8.', reported),
  define('client_min_messages', 'notice', oneOf(...messageLevels), 'The least that is told.'),
  define('DateStyle', 'ISO, MDY', dateStyle, 'How dates are written and read.', reported),
  define('default_table_access_method', 'heap', anyText, 'Accepted without effect.'),
  define('default_tablespace', '', anyText, 'Accepted without effect.'),
  define('default_text_search_config', 'pg_catalog.simple', anyText, 'Accepted without effect.'),
  define('default_transaction_deferrable', 'off', flag, 'Accepted without effect.'),
  define(
    'default_transaction_isolation',
    'read committed',
    oneOf(...isolationLevels),
    'Every level is read committed here.',
  ),
  define(
    'default_transaction_read_only',
    'off',
    flag,
    'Whether transactions may not write unless they say so.',
    reported,
  ),
  define('enable_seqscan', 'on', flag, 'Accepted without effect.'),
  define('enable_indexscan', 'on', flag, 'Accepted without effect.'),
  define('enable_hashjoin', 'on', flag, 'Accepted without effect.'),
  define('enable_mergejoin', 'on', flag, 'Accepted without effect.'),
  define('enable_nestloop', 'on', flag, 'Accepted without effect.'),
  define('escape_string_warning', 'on', flag, 'Accepted without effect.'),
  define('extra_float_digits', '1', integer(-15, 3), 'Digits of floating-point numbers in text.'),
  define('idle_in_transaction_session_timeout', '0', time, 'Ends sessions idle in a transaction.'),
  define('idle_session_timeout', '0', time, 'Ends idle sessions.'),
  define('in_hot_standby', 'off', flag, 'Never: every node takes writes.', fixedAndReported),
  define('integer_datetimes', 'on', flag, 'Times are kept exactly.', fixedAndReported),
  define(
    'IntervalStyle',
    'postgres',
    oneOf('postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'),
    'How intervals are written.',
    reported,
  ),
  define('is_superuser', 'off', flag, 'Whether the user is an administrator.', fixedAndReported),
  define('jit', 'off', flag, 'Accepted without effect.'),
  define('lc_collate', 'C', anyText, 'The order of text: by bytes.', fixed),
  define('lc_ctype', 'C', anyText, 'The classes of characters.', fixed),
  define('lc_messages', 'C', anyText, 'Accepted without effect.'),
  define('lc_monetary', 'C', anyText, 'Accepted without effect.'),
  define('lc_numeric', 'C', anyText, 'Accepted without effect.'),
  define('lc_time', 'C', anyText, 'Accepted without effect.'),
  define('lock_timeout', '0', time, 'Accepted without effect: nothing waits for locks.'),
  define('log_statement', 'none', anyText, 'Accepted without effect.'),
  define('maintenance_work_mem', '64MB', anyText, 'Accepted without effect.'),
  define('max_connections', '100', integer(1, 262_143), 'Sessions at once.', fixed),
  define('max_identifier_length', '63', integer(63, 63), 'Characters of a name.', fixed),
  define('max_index_keys', '32', integer(32, 32), 'Columns of an index.', fixed),
  define('password_encryption', 'scram-sha-256', oneOf('scram-sha-256'), 'How passwords are kept.'),
  define('plan_cache_mode', 'auto', anyText, 'Accepted without effect.'),
  define('quote_all_identifiers', 'off', flag, 'Accepted without effect.'),
  define('random_page_cost', '4', anyText, 'Accepted without effect.'),
  define('row_security', 'on', flag, 'Accepted without effect.'),
  define('search_path', '"$user", public', anyText, 'Where names are looked up.'),
  define('server_encoding', 'UTF8', encoding, 'The encoding of the database.', fixedAndReported),
  define(
    'server_version',
    serverVersion,
    anyText,
    'The version that clients go by.',
    fixedAndReported,
  ),
  define('server_version_num', serverVersionNumber, anyText, 'The same as a number.', fixed),
  define('session_authorization', '', anyText, 'The user.', fixedAndReported),
  define('session_replication_role', 'origin', anyText, 'Accepted without effect.'),
  define('standard_conforming_strings', 'on', alwaysOn, 'Backslashes are plain.', reported),
  define('statement_timeout', '0', time, 'How long a statement may run.'),
  define('synchronous_commit', 'on', anyText, 'Accepted without effect: see db.synchronous.'),
  define('synchronize_seqscans', 'on', flag, 'Accepted without effect.'),
  define('temp_buffers', '8MB', anyText, 'Accepted without effect.'),
  define('TimeZone', 'UTC', timeZone, 'The zone in which times with a zone are shown.', reported),
  define('transaction_deferrable', 'off', flag, 'Accepted without effect.'),
  define(
    'transaction_isolation',
    'read committed',
    oneOf(...isolationLevels),
    'Every level is read committed here.',
  ),
  define('transaction_read_only', 'off', flag, 'Whether this transaction may not write.'),
  define('transaction_timeout', '0', time, 'Ends sessions whose transaction takes longer.'),
  define('work_mem', '4MB', anyText, 'Accepted without effect.'),
  define('xmloption', 'content', oneOf('content', 'document'), 'Accepted without effect.'),
];
