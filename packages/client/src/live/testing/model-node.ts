// A node for tests of the stream machine: it follows a truth at its own pace, keeps a result under its
// own row ids and change ids, and tells of it in lines.

import type { Cell } from '../../values.ts';
import type { ServerChange, SubscriptionLine } from '../server-lines.ts';

/** A row of the truth. */
export interface TruthRow {
  readonly key: number;
  readonly value: string;
}

/** The truth after each write; all nodes come to see the same. Ordered by value, then by key. */
export class Truth {
  readonly states: (readonly TruthRow[])[] = [[]];

  get now(): readonly TruthRow[] {
    return this.states.at(-1) ?? [];
  }

  write(rows: readonly TruthRow[]): void {
    this.states.push(rows.toSorted((a, b) => compare(a.value, b.value) || a.key - b.key));
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

interface Step {
  readonly changes: readonly ServerChange[];
}

export class ModelNode {
  readonly #truth: Truth;
  readonly #number: number;
  readonly #isOrdered: boolean;
  #generation = 0;
  #seen = 0;
  #rowIdByKey = new Map<number, number>();
  #nextRowId: number;
  #changeId: number;
  #oldestKept: number;
  #steps: Step[] = [];

  constructor(truth: Truth, number: number, isOrdered: boolean) {
    this.#truth = truth;
    this.#number = number;
    this.#isOrdered = isOrdered;
    this.#nextRowId = 1 + number * 1_000;
    this.#changeId = number * 7;
    this.#oldestKept = this.#changeId;
  }

  get id(): string {
    const tail = String(this.#number * 1_000 + this.#generation).padStart(12, '0');
    return `00000000-0000-0000-0000-${tail}`;
  }

  get rows(): readonly TruthRow[] {
    return this.#truth.states[this.#seen] ?? [];
  }

  /** Sees up to `count` more writes as one step; returns its lines for those who follow. */
  catchUp(count: number): SubscriptionLine[] {
    const before = this.rows;
    this.#seen = Math.min(this.#seen + count, this.#truth.states.length - 1);
    const changes = this.#difference(before, this.rows);
    if (changes.length === 0) return [];
    this.#steps.push({ changes });
    this.#changeId += changes.length;
    return linesOf(this.id, changes);
  }

  /** Forgets old changes. */
  trim(): void {
    this.#steps = [];
    this.#oldestKept = this.#changeId;
  }

  /** Loses its live queries and keeps its data, as a node that comes back without its state. */
  reset(): void {
    this.#generation++;
    this.#changeId = this.#generation;
    this.#nextRowId += 100;
    this.#rowIdByKey = new Map(this.rows.map(({ key }) => [key, this.#nextRowId++]));
    this.trim();
  }

  /** The lines that answer a request. */
  open(from: string | undefined): SubscriptionLine[] {
    const id = this.id;
    const isOrdered = this.#isOrdered;
    const [queryId, text] = from?.split(':') ?? [];
    const changeId = Number(text);
    if (queryId === id && changeId >= this.#oldestKept && changeId <= this.#changeId) {
      const steps = this.#steps.filter(({ changes }) => (changes[0]?.changeId ?? 0) > changeId);
      return [
        { kind: 'opened', id, isOrdered, start: 'resumed', reason: undefined },
        ...steps.flatMap(({ changes }) => linesOf(id, changes)),
      ];
    }
    const start = from === undefined ? 'snapshot' : 'restarted';
    const reason = from === undefined ? undefined : 'it is of another node';
    const lines: SubscriptionLine[] = [{ kind: 'opened', id, isOrdered, start, reason }];
    if (reason !== undefined) lines.push({ kind: 'restarted', reason });
    lines.push({ kind: 'columns', columns: ['key', 'value'] });
    for (const { key, value } of this.rows) {
      lines.push({ kind: 'row', rowId: this.#rowIdByKey.get(key) ?? 0, cells: [key, value] });
    }
    lines.push({ kind: 'snapshot-end', changeId: this.#changeId });
    return lines;
  }

  #difference(before: readonly TruthRow[], after: readonly TruthRow[]): ServerChange[] {
    const changes: ServerChange[] = [];
    let changeId = this.#changeId;
    const add = (type: ServerChange['type'], row: TruthRow, position?: number): void => {
      const rowId = this.#rowIdByKey.get(row.key) ?? this.#nextRowId++;
      if (type === 'delete') this.#rowIdByKey.delete(row.key);
      else this.#rowIdByKey.set(row.key, rowId);
      const cells: Cell[] = [row.key, row.value];
      changes.push({ type, rowId, cells, changeId: ++changeId, position });
    };
    const old = new Map(before.map((row) => [row.key, row]));
    const now = new Set(after.map(({ key }) => key));
    for (const row of before) if (!now.has(row.key)) add('delete', row);
    for (const [position, row] of after.entries()) {
      const place = this.#isOrdered ? position : undefined;
      const known = old.get(row.key);
      if (known === undefined) add('insert', row, place);
      // All changed rows are told as moved, whether they are or not.
      else if (known.value !== row.value) add('update', row, place);
    }
    return changes;
  }
}

function linesOf(id: string, changes: readonly ServerChange[]): SubscriptionLine[] {
  const changeId = changes.at(-1)?.changeId ?? 0;
  return [
    ...changes.map((change): SubscriptionLine => ({ kind: 'change', change })),
    { kind: 'commit', changeId, cursor: `${id}:${changeId}`, origins: [] },
  ];
}
