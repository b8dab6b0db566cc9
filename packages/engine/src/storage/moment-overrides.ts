// SQLite's own functions of time and chance, so that they follow the moment of a transaction where it has
// one (functions/moment.ts), and are SQLite's own where it has none.

import Database from 'better-sqlite3';
import { momentNowMs, momentRandomBytes, transactionMoment } from '../functions/moment.ts';

type Value = null | number | bigint | string | Uint8Array;

/** Where the time values stand among the arguments of a function, and how many there are. */
const timeFunctions: readonly (readonly [name: string, first: number, count: number])[] = [
  ['date', 0, 1],
  ['datetime', 0, 1],
  ['julianday', 0, 1],
  ['strftime', 1, 1],
  ['time', 0, 1],
  ['timediff', 0, 2],
  ['unixepoch', 0, 1],
];

/** Longest randomblob(), as SQLite's default limit of a value has it. */
const blobBytesMax = 1_000_000_000;

/** Functions take integers as bigints and give them so: plain numbers are reals. */
const exact = { safeIntegers: true, directOnly: false } as const;

/** Replaces them on a connection; its prepared statements are prepared anew by SQLite. */
export function followMoment(db: Database.Database): void {
  const own = new OwnFunctions();
  for (const [name, first, count] of timeFunctions) {
    // Deterministic within a statement, as SQLite's: they may stand in indexes.
    db.function(name, { ...exact, varargs: true, deterministic: true }, (...args: Value[]) =>
      own.call(name, timed(args, first, count)),
    );
  }
  const now = (name: string) => (): Value => own.call(name, [nowText()]);
  db.function('current_timestamp', exact, now('datetime'));
  db.function('current_date', exact, now('date'));
  db.function('current_time', exact, now('time'));
  db.function('random', exact, () => Buffer.from(momentRandomBytes(8)).readBigInt64LE());
  db.function('randomblob', exact, (length: Value) => {
    const bytes = Math.max(1, Math.trunc(Number(length ?? 1)) || 1);
    if (bytes > blobBytesMax) throw new RangeError('string or blob too big');
    return Buffer.from(momentRandomBytes(bytes));
  });
}

/** The functions as SQLite has them, asked of an empty database. */
class OwnFunctions {
  readonly #db = new Database(':memory:');
  readonly #statements = new Map<string, Database.Statement<Value[], Value>>();

  call(name: string, args: readonly Value[]): Value {
    const key = `${name} ${args.length}`;
    let statement = this.#statements.get(key);
    if (statement === undefined) {
      const marks = args.map(() => '?').join(', ');
      statement = this.#db
        .prepare<Value[], Value>(`SELECT ${name}(${marks})`)
        .pluck()
        .safeIntegers();
      this.#statements.set(key, statement);
    }
    return statement.get(...args) ?? null;
  }
}

/** The arguments with the transaction's time in the place of the present one. */
function timed(args: readonly Value[], first: number, count: number): readonly Value[] {
  if (transactionMoment() === undefined) return args;
  if (args.length === first) return [...args, nowText()];
  return args.flatMap((arg, index) => {
    if (index < first || index >= first + count || typeof arg !== 'string') return [arg];
    if (/^now$/i.test(arg)) return [nowText()];
    return /^subsec(ond)?$/i.test(arg) ? [nowText(), 'subsec'] : [arg];
  });
}

/** In the form that SQLite's date functions take. */
function nowText(): string {
  return new Date(momentNowMs()).toISOString().slice(0, -1).replace('T', ' ');
}
