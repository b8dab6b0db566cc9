// What names mean at a place of a statement: the tables, subqueries and functions in FROM, common table
// expressions, and what was found out about the query level while it was translated.

import type { FuncCall, Node, WindowDef } from 'libpg-query';
import type { RelationInfo } from '../schema-view.ts';
import type { Oid } from '../types/oids.ts';
import type { Expr } from './expr.ts';

/** A column that FROM brings into sight. */
export interface ItemColumn {
  readonly name: string;
  /** How it is written in this query. */
  readonly sql: string;
  readonly type: Oid;
  readonly typmod: number;
  readonly tableOid: number;
  readonly columnNumber: number;
  readonly isNotNull: boolean;
}

/** Something with a name in FROM. */
export interface RangeItem {
  readonly name: string;
  readonly columns: readonly ItemColumn[];
  /** The table behind it, for its key and its row's address. */
  readonly relation: RelationInfo | undefined;
  /** A function that yields one value per row: its name stands for the value. */
  readonly isScalar: boolean;
}

/** A common table expression. */
export interface CteInfo {
  readonly name: string;
  readonly columns: readonly {
    readonly name: string;
    readonly sqlName: string;
    readonly type: Oid;
    readonly typmod: number;
  }[];
}

/** A column that stands outside aggregates. */
export interface UngroupedColumn {
  readonly sql: string;
  readonly name: string;
  readonly location: number | undefined;
}

/** One query level. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly ctes: Map<string, CteInfo>;
  items: RangeItem[];
  /** What names without a table mean, in the order of `*`. */
  columns: ItemColumn[];
  /** The clause at work, for messages; undefined where aggregates may stand. */
  noAggregatesIn: string | undefined;
  aggregateDepth: number;
  hasAggregates: boolean;
  hasWindows: boolean;
  ungrouped: UngroupedColumn[];
  /** SQL of the expressions that GROUP BY names, once they are known. */
  groupKeys: ReadonlySet<string> | undefined;
  /** Those of them that this grouping set leaves out: they are NULL. */
  nulledKeys: ReadonlySet<string> | undefined;
  /** GROUPING(…) of this grouping set, by the SQL of its arguments. */
  windows: ReadonlyMap<string, WindowDef>;
  /** Set-returning functions of the select list, which became part of FROM. */
  readonly setCalls: Map<FuncCall, Expr>;
  /** What those add to FROM. */
  readonly extraFrom: string[];
  /** Set-returning functions may stand here. */
  allowsSets: boolean;
}

export function createScope(parent: Scope | undefined): Scope {
  return {
    parent,
    ctes: new Map(),
    items: [],
    columns: [],
    noAggregatesIn: undefined,
    aggregateDepth: 0,
    hasAggregates: false,
    hasWindows: false,
    ungrouped: [],
    groupKeys: undefined,
    nulledKeys: undefined,
    windows: new Map(),
    setCalls: new Map(),
    extraFrom: [],
    allowsSets: false,
  };
}

export function findCte(scope: Scope | undefined, name: string): CteInfo | undefined {
  for (let at = scope; at !== undefined; at = at.parent) {
    const found = at.ctes.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Names with the case folded as SQLite folds it. */
export function sameName(one: string, other: string): boolean {
  return one === other || one.toLowerCase() === other.toLowerCase();
}

/** Whether a node is a list, and its items. */
export function listItems(node: Node | undefined): readonly Node[] {
  return node !== undefined && 'List' in node ? (node.List.items ?? []) : [];
}

/** The texts of a list of String nodes. */
export function nameParts(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
}
