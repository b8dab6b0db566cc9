// From the log of commits to touched keys: which rows of which tables were written since a place in the
// log, which of their columns, and by which versions. Reads within the caller's snapshot.

import { type ActorId, actorIdFromBytes } from '../../base/actor-id.ts';
import { must } from '../../base/assert.ts';
import { quoteName } from '../../base/sql-text.ts';
import { isAlive } from '../../crdt/clock.ts';
import {
  baseIndexName,
  baseTableName,
  cellIndexName,
  cellTableName,
  clockKeys,
  type ReplicatedTable,
} from '../../crdt/table.ts';
import { resetEntry } from '../../storage/commit-log.ts';
import type { RawCell } from '../../storage/row-encoder.ts';
import { Statements } from '../../storage/statements.ts';
import type { ChangeOrigin } from '../live-queries.ts';
import type { DatabaseReader } from './database-reader.ts';
import { isUncertainText, keyTextOf } from './key-text.ts';

/** Touched keys of one table in one reading; where there are more, everything may have been touched. */
const touchedKeysMax = 50_000;

export interface TouchedKey {
  readonly values: readonly RawCell[];
  readonly text: string;
  /** Its row began or ended to exist. */
  isLife: boolean;
  /** Whether it exists now. */
  isAlive: boolean;
  /** Names of the columns that were written since the row began. */
  readonly columns: Set<string>;
  /** Indexes into the origins of the reading. */
  readonly origins: Set<number>;
  /** What of it the open version touched: it is met again until that is adopted. Else ''. */
  openMark: string;
}

export interface TouchedTable {
  readonly table: ReplicatedTable;
  readonly keysByText: Map<string, TouchedKey>;
  /** The keys are not all, or not exact: any row may have been touched. */
  isWhole: boolean;
  /** The keys are not all. */
  isOverfull: boolean;
  /** All versions that touched the table, as indexes into the origins. */
  readonly origins: Set<number>;
}

export interface FeedOrigin extends ChangeOrigin {
  /** Its place in the log; 0 for the version that is still open. */
  readonly seq: number;
}

export interface FeedReading {
  /** How far the log goes in this snapshot. */
  readonly seq: number;
  /** Entries are missing, or one says that what was known is void: look at everything anew. */
  readonly isLost: boolean;
  readonly isReset: boolean;
  /** Some touched keys cannot be told: entries are missing, or are void by one that followed them. */
  readonly isGapped: boolean;
  readonly origins: readonly FeedOrigin[];
  readonly tablesByName: ReadonlyMap<string, TouchedTable>;
}

/** A version of the log, or the open one. */
interface Version {
  readonly actor: number;
  readonly version: number;
  readonly seq: number;
  readonly isOpen: boolean;
}

/** Versions of one actor without holes. */
interface Run {
  readonly actor: number;
  readonly from: number;
  to: number;
}

export class ChangeFeed {
  readonly #reader: DatabaseReader;
  #statements: Statements;
  readonly #actorIds = new Map<number, ActorId>();

  constructor(reader: DatabaseReader) {
    this.#reader = reader;
    this.#statements = new Statements(reader.db);
  }

  /** After a change of schema or of the numbers of actors. */
  reload(): void {
    this.#statements = new Statements(this.#reader.db);
    this.#actorIds.clear();
  }

  /** How far the log goes. */
  lastSeq(): number {
    const row = this.#statements.get('SELECT max(seq) FROM __patina_commits', 'raw').get();
    return (row as [number | null])[0] ?? 0;
  }

  /** Which version an entry names: by it a database is told from another one with as long a log. */
  entryText(seq: number): string | undefined {
    const sql = 'SELECT actor, version FROM __patina_commits WHERE seq = ?';
    const row = this.#statements.get(sql, 'raw').get(seq) as [number, number] | undefined;
    if (row === undefined) return undefined;
    const [actor, version] = row;
    return actor === resetEntry.actor ? 'reset' : `${this.#actorId(actor)}:${version}`;
  }

  /** What was written after entry `after`, in `tables`. */
  read(after: number, tables: Iterable<ReplicatedTable>): FeedReading {
    const sql = 'SELECT seq, actor, version FROM __patina_commits WHERE seq > ? ORDER BY seq';
    const entries = this.#statements.get(sql, 'raw').all(after) as [number, number, number][];
    const seq = this.lastSeq();
    const isReset = entries.some(([, actor]) => actor === resetEntry.actor);
    const isMissing = seq < after || (entries[0]?.[0] ?? after + 1) !== after + 1;
    const isGapped = isMissing || (isReset && entries[0]?.[1] !== resetEntry.actor);
    const versions = entries
      .filter(([, actor]) => actor !== resetEntry.actor)
      .map(([at, actor, version]): Version => ({ actor, version, seq: at, isOpen: false }));
    const open = this.#openVersion();
    if (open !== undefined) versions.push(open);
    return {
      ...this.#touched(versions, tables),
      seq,
      isReset,
      isGapped,
      isLost: isReset || isMissing,
    };
  }

  #openVersion(): Version | undefined {
    const sql = 'SELECT actor, version FROM __patina_state WHERE id = 1';
    const row = this.#statements.get(sql, 'raw').get() as [number, number] | undefined;
    return row === undefined ? undefined : { actor: row[0], version: row[1], seq: 0, isOpen: true };
  }

  #touched(
    versions: readonly Version[],
    tables: Iterable<ReplicatedTable>,
  ): Pick<FeedReading, 'origins' | 'tablesByName'> {
    const indexByVersion = new Map<string, number>();
    const hlcs: number[] = versions.map(() => 0);
    // Of a version that is in the log twice, the last entry counts: what it says is there by then.
    for (const [index, { actor, version }] of versions.entries()) {
      indexByVersion.set(`${actor}:${version}`, index);
    }
    const runs = runsOf(versions);
    const openIndex = versions.findIndex(({ isOpen }) => isOpen);
    const tablesByName = new Map<string, TouchedTable>();
    for (const table of tables) {
      const touched: TouchedTable = {
        table,
        keysByText: new Map(),
        isWhole: false,
        isOverfull: false,
        origins: new Set(),
      };
      const note = (actor: number, version: number, hlc: number): number | undefined => {
        const index = indexByVersion.get(`${actor}:${version}`);
        if (index === undefined) return undefined;
        touched.origins.add(index);
        hlcs[index] = hlc;
        return index;
      };
      for (const run of runs) {
        this.#readRun(touched, run, openIndex, note);
      }
      if (touched.isOverfull) touched.isWhole = true;
      if (touched.origins.size > 0) tablesByName.set(table.name, touched);
    }
    const origins = versions.map(({ actor, version, seq }, index) => ({
      actorId: this.#actorId(actor),
      version,
      seq,
      hlc: hlcs[index] ?? 0,
    }));
    return { origins, tablesByName };
  }

  #readRun(
    touched: TouchedTable,
    run: Run,
    openIndex: number,
    note: (actor: number, version: number, hlc: number) => number | undefined,
  ): void {
    const { table } = touched;
    const namesById = new Map(table.columns.map(({ id, name }) => [id, name]));
    const parameters = [run.actor, run.from, run.to].map(BigInt);
    for (const kind of ['base', 'cell'] as const) {
      const rows = this.#reader.statement(touchedSql(table, kind)).iterate(parameters);
      for (const row of rows) {
        const index = note(run.actor, Number(row[0]), Number(row[1]));
        if (index === undefined) continue;
        if (touched.keysByText.size >= touchedKeysMax) touched.isOverfull = true;
        // Its versions still count, for the origins; which keys they are does not matter any more.
        if (touched.isOverfull) continue;
        const key = touchedKey(touched, row.slice(4));
        key.origins.add(index);
        const [, , mark = null, isUnknown] = row;
        if (index === openIndex) key.openMark += `${kind}${mark},`;
        if (kind === 'base' || isUnknown === 1n) key.isLife = true;
        if (kind === 'base') key.isAlive = isAlive(Number(mark));
        if (kind === 'cell') key.columns.add(namesById.get(Number(mark)) ?? '');
      }
    }
  }

  #actorId(ordinal: number): ActorId {
    const known = this.#actorIds.get(ordinal);
    if (known !== undefined) return known;
    const sql = 'SELECT id FROM __patina_actors WHERE ordinal = ?';
    const row = this.#statements.get(sql, 'raw').get(ordinal) as [Uint8Array] | undefined;
    const [bytes] = must(row, 'the log names known actors');
    const id = actorIdFromBytes(bytes);
    this.#actorIds.set(ordinal, id);
    return id;
  }
}

function touchedKey(touched: TouchedTable, values: readonly RawCell[]): TouchedKey {
  const text = keyTextOf(values, 0, values.length, []);
  if (isUncertainText(text)) touched.isWhole = true;
  const known = touched.keysByText.get(text);
  if (known !== undefined) return known;
  const key: TouchedKey = {
    values,
    text,
    isLife: false,
    isAlive: true,
    columns: new Set(),
    origins: new Set(),
    openMark: '',
  };
  touched.keysByText.set(text, key);
  return key;
}

/**
 * Rows: version, hlc, causal length or column, whether the row began in a version that is not here yet
 * (then a cell is all that tells of its beginning), key. Parameters: actor, first and last version.
 */
function touchedSql(table: ReplicatedTable, kind: 'base' | 'cell'): string {
  const isBase = kind === 'base';
  const base = quoteName(baseTableName(table.name));
  const clocks = isBase ? base : quoteName(cellTableName(table.name));
  const index = quoteName(isBase ? baseIndexName(table.name) : cellIndexName(table.name));
  const keys = clockKeys(table);
  const sameKey = keys.map((key) => `b.${key} = x.${key}`).join(' AND ');
  const isUnknown = `(SELECT b.version = 0 FROM ${base} AS b WHERE ${sameKey})`;
  // `+0`: SQLite would prepare the statement anew for every value that its plan could depend on.
  return (
    `SELECT x.version, x.hlc, ${isBase ? 'x.cl, 0' : `x.col, ${isUnknown}`}, ` +
    `${keys.map((key) => `x.${key}`).join(', ')} FROM ${clocks} AS x INDEXED BY ${index} ` +
    'WHERE x.actor = ?1+0 AND x.version BETWEEN ?2+0 AND ?3+0'
  );
}

function runsOf(versions: readonly Version[]): Run[] {
  const sorted = versions.toSorted((a, b) => a.actor - b.actor || a.version - b.version);
  const runs: Run[] = [];
  for (const { actor, version } of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && last.actor === actor && version <= last.to + 1) last.to = version;
    else runs.push({ actor, from: version, to: version });
  }
  return runs;
}
