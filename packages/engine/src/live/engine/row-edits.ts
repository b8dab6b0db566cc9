// The difference between what is kept of a result and what it is now, as edits of rows.

import { cellsToJson, type RawCell } from '../../storage/row-encoder.ts';
import type { KeptRow } from '../state/state-store.ts';
import { isUncertainText, keyTextOf } from './key-text.ts';
import { keptInOrder } from './positions.ts';

export type RowEdit =
  | {
      readonly type: 'insert';
      readonly identity: string;
      readonly cells: string;
      readonly position?: number;
    }
  | {
      readonly type: 'update';
      readonly row: KeptRow;
      readonly cells: string;
      readonly position?: number;
    }
  | { readonly type: 'delete'; readonly row: KeptRow };

/** A row of a result as it is now. */
export interface FreshRow {
  readonly identity: string;
  readonly cells: string;
}

/**
 * Gathers the edits that turn `old` into the rows that it is given. Takes those that it has met out of
 * `old`, so that what is left at the end is gone; holds nothing of rows that stay as they are.
 */
export class RowDiff {
  readonly #old: Map<string, KeptRow>;
  readonly #edits: RowEdit[] = [];

  constructor(old: Map<string, KeptRow>) {
    this.#old = old;
  }

  /** `name`: by what the row is matched. */
  meet(name: string, { identity, cells }: FreshRow): void {
    const row = this.#old.get(name);
    if (row === undefined) this.#edits.push({ type: 'insert', identity, cells });
    else if (row.cells !== cells) this.#edits.push({ type: 'update', row, cells });
    this.#old.delete(name);
  }

  /** Deletions first. */
  finish(): RowEdit[] {
    const gone = [...this.#old.values()].map((row): RowEdit => ({ type: 'delete', row }));
    return [...gone, ...this.#edits];
  }
}

/** Edits that turn `old` into `fresh`, both by what rows are matched by. */
export function diffRows(
  old: ReadonlyMap<string, KeptRow>,
  fresh: ReadonlyMap<string, FreshRow>,
): RowEdit[] {
  const diff = new RowDiff(new Map(old));
  for (const [name, row] of fresh) diff.meet(name, row);
  return diff.finish();
}

/** The same for results in order; `order` are the row ids of `old` in theirs. */
export function diffOrdered(
  old: ReadonlyMap<string, KeptRow>,
  order: readonly number[],
  fresh: ReadonlyMap<string, FreshRow>,
): RowEdit[] {
  const placeByRowId = new Map(order.map((rowId, place) => [rowId, place]));
  const rows = [...fresh];
  const places = rows.map(([name]) => {
    const row = old.get(name);
    return row === undefined ? undefined : placeByRowId.get(row.rowId);
  });
  const kept = keptInOrder(places);
  const edits: RowEdit[] = [];
  for (const [name, row] of old) if (!fresh.has(name)) edits.push({ type: 'delete', row });
  for (const [position, [name, { identity, cells }]] of rows.entries()) {
    const row = old.get(name);
    if (row === undefined) edits.push({ type: 'insert', identity, cells, position });
    else if (!kept.has(position)) edits.push({ type: 'update', row, cells, position });
    else if (row.cells !== cells) edits.push({ type: 'update', row, cells });
  }
  return edits;
}

/**
 * Names rows by the columns that identify them. Where these hold text that JavaScript cannot tell apart,
 * rows may look alike: then they are told apart by which of them comes first.
 */
export class IdentityNamer {
  readonly #identityCount: number;
  readonly #timesMet = new Map<string, number>();

  constructor(identityCount: number) {
    this.#identityCount = identityCount;
  }

  name(row: readonly RawCell[]): string {
    const text = keyTextOf(row, 0, this.#identityCount, []);
    if (!isUncertainText(text)) return text;
    const times = this.#timesMet.get(text) ?? 0;
    this.#timesMet.set(text, times + 1);
    return text + keyTextOf([BigInt(times)], 0, 1, []);
  }
}

/** Names the rows of a whole result: by their identity where they have one, else by their content. */
export class RowNamer {
  readonly #identityCount: number;
  readonly #byContent: boolean;
  readonly #identities: IdentityNamer;
  readonly #timesMet = new Map<string, number>();

  constructor(identityCount: number, byContent: boolean) {
    this.#identityCount = identityCount;
    this.#byContent = byContent;
    this.#identities = new IdentityNamer(identityCount);
  }

  name(row: readonly RawCell[]): FreshRow {
    const cells = cellsToJson(row, this.#identityCount);
    if (!this.#byContent) return { identity: this.#identities.name(row), cells };
    const times = this.#timesMet.get(cells) ?? 0;
    this.#timesMet.set(cells, times + 1);
    return { identity: String(times), cells };
  }

  /** By what the row is matched with one before: its content takes part where it is all there is. */
  matchText(row: FreshRow): string {
    return this.#byContent ? `${row.identity}:${row.cells}` : row.identity;
  }
}
