// Replicas for tests: in memory or on disk, with a clock that the test holds.

import Database from 'better-sqlite3';
import type { ActorId } from '../base/actor-id.ts';
import { quoteName } from '../base/sql-text.ts';
import { baseTableName, cellTableName } from '../crdt/table.ts';
import { installOnBetterSqlite } from '../functions/install.ts';
import type { LocalOutcome, StatementParams } from '../ports.ts';
import { Replica } from './replica.ts';
import { applyReplicaSchema } from './schema-apply.ts';

/** The epoch of HLCs plus a year: a wall clock to start tests from. */
export const testStartMs = 1_735_700_000_000;

export interface TestReplica {
  readonly replica: Replica;
  readonly clock: { wallMs: number };
  /** All chunks that were made here, in order. */
  readonly log: Uint8Array[];
  /** Runs one transaction of statements; throws its error. */
  run(...statements: (string | readonly [sql: string, params: StatementParams])[]): LocalOutcome;
  all(sql: string): unknown[];
}

/** The actor id whose hex digits are all `digit`. */
export function testActor(digit: string): ActorId {
  return digit.repeat(32) as ActorId;
}

export interface TestReplicaOptions {
  readonly actor: ActorId;
  readonly schema: string;
  readonly db?: Database.Database;
  readonly clock?: { wallMs: number };
  readonly maxClockDriftMs?: number;
}

const templates = new Map<string, Buffer>();

/** As {@link openTestReplica}, in memory, from an image that is made once: for tests that open many. */
export function copyTestReplica(actor: ActorId, schema: string): TestReplica {
  const key = actor + schema;
  let template = templates.get(key);
  if (template === undefined) {
    const { replica } = openTestReplica({ actor, schema });
    template = replica.db.serialize();
    replica.db.close();
    templates.set(key, template);
  }
  return openTestReplica({ actor, schema: '', db: new Database(template) });
}

/** Opens a replica with this schema. */
export function openTestReplica(options: TestReplicaOptions): TestReplica {
  const db = options.db ?? new Database(':memory:');
  db.pragma('recursive_triggers = ON');
  installOnBetterSqlite(db);
  const clock = options.clock ?? { wallMs: testStartMs };
  const replica = new Replica({
    db,
    wallMs: () => clock.wallMs,
    monotonicMs: () => clock.wallMs,
    newActorId: () => options.actor,
    maxClockDriftMs: options.maxClockDriftMs ?? Number.MAX_SAFE_INTEGER / 8192,
  });
  const log: Uint8Array[] = [];
  if (options.schema !== '')
    applyReplicaSchema(replica, [options.schema], { allowDestructive: false });
  return {
    replica,
    clock,
    log,
    run(...statements) {
      const { outcomes, versions } = replica.transact([
        {
          statements: statements.map((statement) =>
            typeof statement === 'string'
              ? { sql: statement }
              : { sql: statement[0], params: statement[1] },
          ),
        },
      ]);
      for (const { chunks } of versions) log.push(...(chunks ?? []));
      const [outcome] = outcomes;
      if (outcome === undefined) throw new Error('one transaction has one outcome');
      if (!outcome.ok) throw outcome.error;
      return outcome;
    },
    all: (sql) => db.prepare(sql).all(),
  };
}

/** Everything that must be equal on nodes that have the same changesets: rows and clocks, as text. */
export function contents(replica: Replica): string {
  const lines: string[] = [];
  for (const table of [...replica.tables.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const key = table.key.map(({ name }) => quoteName(name)).join(', ');
    const columns = [...table.key, ...table.columns].map(({ name }) => quoteName(name));
    const shown = columns.map(exactly);
    lines.push(
      ...dump(replica, `SELECT ${shown.join(', ')} FROM ${quoteName(table.name)} ORDER BY ${key}`),
    );
    const clockKeys = table.key.map((_, index) => `x.k${index}`);
    const clock = "lower(hex(coalesce(a.id, x''))), x.hlc, x.version, x.seq";
    const actors = 'LEFT JOIN __patina_actors AS a ON a.ordinal = x.actor';
    lines.push(
      ...dump(
        replica,
        `SELECT ${clockKeys.map(exactly).join(', ')}, x.cl, ${clock} ` +
          `FROM ${quoteName(baseTableName(table.name))} AS x ${actors} ORDER BY ${clockKeys.join(', ')}`,
      ),
      ...dump(
        replica,
        `SELECT ${clockKeys.map(exactly).join(', ')}, n.name, ${clock} ` +
          `FROM ${quoteName(cellTableName(table.name))} AS x ${actors} ` +
          `JOIN __patina_columns AS n ON n.id = x.col AND n.tbl = '${table.name.replaceAll("'", "''")}' ` +
          `ORDER BY ${clockKeys.join(', ')}, n.name`,
      ),
    );
  }
  return lines.join('\n');
}

/** Type and value; text as its bytes, which may be no UTF-8 or hold U+0000. */
function exactly(value: string): string {
  return `typeof(${value}) || ':' || CASE typeof(${value}) WHEN 'text' THEN hex(${value}) ELSE quote(${value}) END`;
}

function dump(replica: Replica, sql: string): string[] {
  const rows = replica.db.prepare(sql).raw().safeIntegers().all() as unknown[][];
  return [sql.slice(0, 60), ...rows.map((row) => row.map(String).join('|'))];
}
