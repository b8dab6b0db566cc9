// Draws a case from its seed. Neighbouring seeds share a schema, because making nodes of a new one costs
// more than running a case.

import type { Rng } from '@patina/engine/base/rng.ts';
import { between, chance, pick, rngFor } from '../random.ts';
import type { FuzzCase, FuzzQuery, FuzzStep } from './fuzz-case.ts';
import { drawQuery, sibling } from './queries.ts';
import {
  drawSchema,
  type FuzzSchema,
  type FuzzTable,
  quoted,
  relationOf,
  tableDdl,
  widened,
} from './tables.ts';
import { literal, poolValue } from './values.ts';
import { drawWrite, manyRows } from './writes.ts';

const seedsPerSchema = 8;

export function drawCase(seed: number): FuzzCase {
  const schema = drawSchema(rngFor(Math.floor(seed / seedsPerSchema), 'schema'));
  const isLarge = chance(rngFor(seed, 'size'), 0.03);
  const later = widenedTable(rngFor(seed, 'later'), schema);
  const queries = drawQueries(rngFor(seed, 'queries'), schema, later, isLarge ? 1 : 4);
  const steps = new StepDrawer(
    rngFor(seed, 'steps'),
    schema,
    queries.length,
    later,
    isLarge,
  ).draw();
  return {
    schema: schema.ddl,
    queries,
    steps,
    changesMax: pick(rngFor(seed, 'limits'), [8, 40, 1_000]),
  };
}

interface Widened {
  readonly old: FuzzTable;
  readonly now: FuzzTable;
}

/** A table that gets a column on the way. */
function widenedTable(rng: Rng, schema: FuzzSchema): Widened | undefined {
  if (!chance(rng, 0.12)) return undefined;
  const old = pick(rng, schema.tables);
  return { old, now: widened(old, 'z') };
}

function drawQueries(
  rng: Rng,
  schema: FuzzSchema,
  later: Widened | undefined,
  sourcesMax: number,
): FuzzQuery[] {
  const queries: FuzzQuery[] = [];
  const count = between(rng, 3, 6);
  while (queries.length < count) {
    const known = queries.at(-1);
    if (known !== undefined && chance(rng, 0.2)) queries.push(sibling(rng, known));
    else queries.push(drawQuery(rng, schema.relations, sourcesMax));
  }
  if (later !== undefined) queries.push(drawQuery(rng, [relationOf(later.now)], sourcesMax));
  return queries;
}

class StepDrawer {
  readonly #rng: Rng;
  readonly #schema: FuzzSchema;
  readonly #queries: number;
  readonly #later: Widened | undefined;
  readonly #isLarge: boolean;
  readonly #peers: number;
  #tables: readonly FuzzTable[];
  #remoteTables: readonly FuzzTable[];
  #phase: 'before' | 'apart' | 'after' = 'before';

  constructor(
    rng: Rng,
    schema: FuzzSchema,
    queries: number,
    later: Widened | undefined,
    isLarge: boolean,
  ) {
    this.#rng = rng;
    this.#schema = schema;
    this.#queries = queries;
    this.#later = later;
    this.#isLarge = isLarge;
    this.#peers = pick(rng, [0, 1, 1, 2]);
    this.#tables = schema.tables;
    this.#remoteTables = schema.tables;
  }

  draw(): FuzzStep[] {
    const rng = this.#rng;
    const steps: FuzzStep[] = [this.#write(0, 4, 12)];
    const isLate = chance(rng, 0.2);
    const late = between(rng, 0, this.#queries - 1);
    for (let query = 0; query < this.#queries; query++) {
      if (!isLate || query !== late) steps.push({ kind: 'subscribe', query });
    }
    if (chance(rng, 0.3)) steps.push(this.#watch());
    steps.push(this.#pass());
    const count = between(rng, 6, 16);
    for (let step = 0; step < count; step++) steps.push(...this.#next());
    if (isLate) steps.push({ kind: 'subscribe', query: late });
    steps.push({ kind: 'pass', budgetMs: Number.POSITIVE_INFINITY });
    return steps;
  }

  #next(): FuzzStep[] {
    const rng = this.#rng;
    const roll = rng.below(100);
    if (roll < 30) return [this.#write(0, 1, 3), ...this.#maybePass(0.8)];
    if (roll < 55 && this.#peers > 0) return this.#conflict();
    if (roll < 62)
      return [
        { kind: 'foreign', statements: this.#statements(this.#tables, 1, 3) },
        ...this.#maybePass(0.7),
      ];
    if (roll < 65) return [{ kind: 'adopt' }, ...this.#maybePass(0.5)];
    if (roll < 71) return [this.#pass()];
    if (roll < 77)
      return [
        {
          kind: 'resume',
          query: this.#query(),
          choice: chance(rng, 0.4) ? 0 : rng.below(1_000),
          changes: pick(rng, [1, 3, 1_000]),
        },
      ];
    if (roll < 81) return [{ kind: 'snapshot', query: this.#query(), rows: pick(rng, [1, 2, 5]) }];
    if (roll < 84) return [this.#watch()];
    if (roll < 89) return [{ kind: 'restart', isCrash: chance(rng, 0.6) }, ...this.#maybePass(0.8)];
    if (roll < 91) return this.#dropAndBack();
    if (roll < 92)
      return [{ kind: 'actor', digit: pick(rng, ['d', 'e']) }, ...this.#maybePass(0.7)];
    if (roll < 97 && this.#later !== undefined) return this.#changeSchema(this.#later);
    if (this.#isLarge) return this.#largeVersion();
    return [this.#write(0, 2, 6), this.#pass()];
  }

  #query(): number {
    return this.#rng.below(this.#queries);
  }

  #statements(tables: readonly FuzzTable[], min: number, max: number): string[] {
    return Array.from({ length: between(this.#rng, min, max) }, () => drawWrite(this.#rng, tables));
  }

  #write(node: number, min: number, max: number): FuzzStep {
    const tables = node === 0 ? this.#tables : this.#remoteTables;
    return { kind: 'write', node, statements: this.#statements(tables, min, max) };
  }

  #maybePass(probability: number): FuzzStep[] {
    return chance(this.#rng, probability) ? [this.#pass()] : [];
  }

  #pass(): FuzzStep {
    const rng = this.#rng;
    const budgetMs = chance(rng, 0.8) ? Number.POSITIVE_INFINITY : pick(rng, [0, 0.05, 1]);
    if (!chance(rng, 0.06)) return { kind: 'pass', budgetMs };
    const statements = this.#statements(this.#tables, 1, 2);
    return { kind: 'pass', budgetMs, during: { evaluation: between(rng, 1, 8), statements } };
  }

  /** Writes on both sides, then what the others wrote arrives in part or in another order. */
  #conflict(): FuzzStep[] {
    const rng = this.#rng;
    const steps: FuzzStep[] = [];
    const from = between(rng, 1, this.#peers);
    if (chance(rng, 0.4)) steps.push(this.#merge(from));
    for (let count = between(rng, 1, 3); count > 0; count--) steps.push(this.#write(from, 1, 3));
    if (chance(rng, 0.5)) steps.push(this.#write(0, 1, 2));
    steps.push(this.#merge(0), ...this.#maybePass(0.7));
    return steps;
  }

  #merge(node: number): FuzzStep {
    const rng = this.#rng;
    return { kind: 'merge', node, count: pick(rng, [1, 2, 3, 100, 100]), order: rng.below(1_000) };
  }

  #largeVersion(): FuzzStep[] {
    const rng = this.#rng;
    const node = this.#peers;
    const statement = manyRows(pick(rng, this.#schema.tables), 200);
    const steps: FuzzStep[] = [{ kind: 'write', node, statements: [statement] }];
    for (let count = 0; count < 3; count++)
      steps.push({ kind: 'merge', node: 0, count: 2, order: rng.below(1_000) }, this.#pass());
    return steps;
  }

  #dropAndBack(): FuzzStep[] {
    const query = this.#query();
    return [
      { kind: 'drop', query },
      ...this.#maybePass(0.5),
      { kind: 'subscribe', query },
      ...this.#maybePass(0.7),
    ];
  }

  #watch(): FuzzStep {
    const rng = this.#rng;
    const table = pick(rng, this.#schema.tables);
    const column = pick(rng, table.columns);
    const filter = `${column.name} ${pick(rng, ['=', '>', '<>'])} ${literal(poolValue(rng, column.pool))}`;
    return {
      kind: 'watch',
      table: table.name,
      ...(chance(rng, 0.4) ? { filter } : {}),
      images: chance(rng, 0.5),
    };
  }

  /** First others know the new column, and what they write waits in quarantine; then node 0 does. */
  #changeSchema({ old, now }: Widened): FuzzStep[] {
    const replace = (tables: readonly FuzzTable[]) =>
      tables.map((table) => (table === old ? now : table));
    const change = { kind: 'schema', old: tableDdl(old), now: tableDdl(now) } as const;
    if (this.#phase === 'before' && this.#peers > 0) {
      this.#phase = 'apart';
      this.#remoteTables = replace(this.#remoteTables);
      const nodes = Array.from({ length: this.#peers }, (_, index) => index + 1);
      return [{ ...change, nodes }, this.#write(1, 2, 4), this.#merge(0), this.#pass()];
    }
    if (this.#phase !== 'after') {
      this.#phase = 'after';
      this.#tables = replace(this.#tables);
      return [
        { ...change, nodes: [0] },
        ...this.#maybePass(0.7),
        { kind: 'subscribe', query: this.#queries - 1 },
        this.#write(0, 1, 3),
        this.#pass(),
      ];
    }
    if (chance(this.#rng, 0.3)) {
      const table = 'CREATE TABLE y (id INTEGER PRIMARY KEY, a)';
      return [{ kind: 'schema', nodes: [0], now: table }, ...this.#maybePass(0.7)];
    }
    const name = `i_z${this.#rng.below(1_000)}`;
    const column = pick(this.#rng, now.columns);
    const ddl = `CREATE INDEX ${name} ON ${quoted(now.name)} (${column.name})`;
    return [{ kind: 'schema', nodes: [0], now: ddl }, ...this.#maybePass(0.7)];
  }
}
