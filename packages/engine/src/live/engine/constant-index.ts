// Finds the members of a family by their constants: of thousands of queries that differ in a constant
// only, a touched row concerns those that have its value.

import { must } from '../../base/assert.ts';
import type { RawCell } from '../../storage/row-encoder.ts';
import { sqliteCode } from '../../storage/sqlite-errors.ts';
import type { KeyedPart } from '../../subscriptions/plan.ts';
import type { DatabaseReader } from './database-reader.ts';
import { keyTextOf } from './key-text.ts';
import type { LiveQuery } from './live-query.ts';

export class ConstantIndex {
  readonly #reader: DatabaseReader;
  readonly #keyed: KeyedPart;
  readonly #membersByConstants = new Map<string, Set<LiveQuery>>();
  readonly #textByMember = new Map<LiveQuery, string>();

  constructor(reader: DatabaseReader, keyed: KeyedPart) {
    this.#reader = reader;
    this.#keyed = keyed;
  }

  add(query: LiveQuery): void {
    const constants = this.#keyed.constants.map(({ parameter, asStored }) => {
      const value = query.values[parameter - 1] ?? null;
      const row = this.#reader.statement(asStored).get([value]);
      return must(row, 'a SELECT without FROM yields a row')[0] ?? null;
    });
    const text = constantsText(constants);
    const members = this.#membersByConstants.get(text) ?? new Set();
    members.add(query);
    this.#membersByConstants.set(text, members);
    this.#textByMember.set(query, text);
  }

  remove(query: LiveQuery): void {
    const text = this.#textByMember.get(query);
    if (text === undefined) return;
    this.#textByMember.delete(query);
    const members = this.#membersByConstants.get(text);
    members?.delete(query);
    if (members?.size === 0) this.#membersByConstants.delete(text);
  }

  /** Members of which a row with this key, as the given source, may be part now. */
  *find(source: number, key: readonly RawCell[]): Generator<LiveQuery> {
    const sql = this.#keyed.sources[source]?.constantsByKey;
    if (sql === undefined) {
      yield* this.#textByMember.keys();
      return;
    }
    const found = this.#tryFind(sql, key);
    if (found === undefined) yield* this.#textByMember.keys();
    for (const constants of found ?? []) {
      yield* this.#membersByConstants.get(constantsText(constants)) ?? [];
    }
  }

  /** Undefined where the question fails: then it is up to each member to fail, or not. */
  #tryFind(sql: string, key: readonly RawCell[]): RawCell[][] | undefined {
    try {
      return this.#reader.statement(sql).all(key);
    } catch (error) {
      if (sqliteCode(error) !== 'SQLITE_ERROR') throw error;
      return undefined;
    }
  }
}

function constantsText(constants: readonly RawCell[]): string {
  return keyTextOf(constants, 0, constants.length, []);
}
