// PostgreSQL's functions that DDL may use, as SQLite's built-in ones say them.

/** Now, in the form that values of the type are kept in. */
export function nowSql(type: string): string {
  // PostgreSQL writes no zeros at the end of a fraction.
  const moment = "rtrim(rtrim(strftime('%Y-%m-%d %H:%M:%f', 'now'), '0'), '.')";
  if (type === 'date') return "date('now')";
  if (type === 'time') return "time('now')";
  return type === 'timestamp' ? moment : `(${moment} || '+00')`;
}

/** A positive integer that two nodes do not give out twice: random, below 2^53. */
export const randomIdSql = '(abs(random() % 9007199254740991) + 1)';

const uuidSql =
  "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || " +
  "substr('89ab', (random() & 3) + 1, 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))";

/** Functions that have the same name and meaning in SQLite. */
const same: ReadonlySet<string> = new Set([
  'abs',
  'ceil',
  'ceiling',
  'coalesce',
  'concat',
  'concat_ws',
  'date',
  'datetime',
  'exp',
  'floor',
  'hex',
  'ifnull',
  'iif',
  'instr',
  'json',
  'json_array',
  'json_array_length',
  'json_extract',
  'json_object',
  'json_type',
  'json_valid',
  'julianday',
  'length',
  'ln',
  'lower',
  'ltrim',
  'mod',
  'nullif',
  'octet_length',
  'power',
  'printf',
  'quote',
  'random',
  'randomblob',
  'replace',
  'round',
  'rtrim',
  'sign',
  'sqrt',
  'strftime',
  'substr',
  'time',
  'trim',
  'trunc',
  'typeof',
  'unicode',
  'unixepoch',
  'upper',
]);

const renamed: Readonly<Record<string, string>> = {
  btrim: 'trim',
  char_length: 'length',
  character_length: 'length',
  pow: 'power',
  strpos: 'instr',
  substring: 'substr',
  to_json: 'json_quote',
};

const moments: ReadonlySet<string> = new Set([
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'clock_timestamp',
]);

/** The call in SQLite's terms; undefined for a function without counterpart. */
export function functionSql(name: string, args: readonly string[]): string | undefined {
  if (moments.has(name) && args.length === 0) return nowSql('timestamptz');
  if (name === 'gen_random_uuid' || name === 'uuid_generate_v4') return uuidSql;
  if (name === 'timezone' && /^'utc'$/i.test(args[0] ?? '') && args[1] === nowSql('timestamptz')) {
    return nowSql('timestamp');
  }
  if (same.has(name)) return `${name}(${args.join(', ')})`;
  const other = renamed[name];
  return other === undefined ? undefined : `${other}(${args.join(', ')})`;
}
