// Tools for tests of commands: a planner that notes what it was asked to plan.

import { type Node, parseSync, type TypeName } from 'libpg-query';
import { readSchemaView } from '../catalog/schema-reader.ts';
import { typeOid } from '../catalog/type-names.ts';
import { PgError } from '../pg-error.ts';
import type { PlannedQuery, PlannedWrite } from '../sql/planned.ts';
import { names, nodeKind } from './nodes.ts';
import type { PlanTools } from './plan-tools.ts';

/** The one statement of a text; the parser's module is loaded before. */
export function parseOne(text: string): Node {
  const node = parseSync(text).stmts?.[0]?.stmt;
  if (node === undefined) throw new Error(`no statement in ${text}`);
  return node;
}

export interface TestTools extends PlanTools {
  /** What was planned inside, in order. */
  readonly planned: { readonly node: Node; readonly text: string }[];
}

/** Tools over a schema; every query has one column `n` of type int4. */
export function testTools(ddl: readonly string[] = []): TestTools {
  const planned: { node: Node; text: string }[] = [];
  return {
    planned,
    schema: readSchemaView(ddl),
    planInner(node, text) {
      planned.push({ node, text });
      return plannedAs(nodeKind(node));
    },
    resolveType(name: TypeName) {
      const last = names(name.names).at(-1) ?? '';
      const oid = typeOid(name.arrayBounds === undefined ? last : `${last}[]`);
      if (oid === undefined) throw new PgError('42704', `type "${last}" does not exist`);
      return { oid, typmod: -1 };
    },
    positionOf: (location) => (location === undefined ? undefined : location + 1),
  };
}

function plannedAs(kind: string): PlannedQuery | PlannedWrite {
  const common = { sql: `planned ${kind}`, params: [], tablesRead: [], notices: [] };
  const columns = [{ name: 'n', type: { oid: 23, typmod: -1 }, tableOid: 0, columnNumber: 0 }];
  if (kind === 'SelectStmt') return { ...common, kind: 'query', columns, readsCatalog: false };
  return { ...common, kind: 'write', columns: [], tag: 'INSERT', tablesWritten: [] };
}
