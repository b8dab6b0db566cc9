// Reading nodes of PostgreSQL's parser: constants, names and options.

import type { A_Const, DefElem, Node, RangeVar } from 'libpg-query';
import { PgError } from '../pg-error.ts';

/** The kind of a node: CopyStmt. */
export function nodeKind(node: Node): string {
  return Object.keys(node)[0] ?? '';
}

/** A constant as text; undefined for NULL. */
export function constantText(constant: A_Const): string | undefined {
  if (constant.isnull === true) return undefined;
  if (constant.sval !== undefined) return constant.sval.sval ?? '';
  if (constant.ival !== undefined) return String(constant.ival.ival ?? 0);
  if (constant.fval !== undefined) return constant.fval.fval ?? '';
  if (constant.boolval !== undefined) return constant.boolval.boolval === true ? 'true' : 'false';
  return constant.bsval?.bsval ?? '';
}

/** What a node of an option's value says, as text; undefined where it is no plain value. */
export function valueText(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if ('String' in node) return node.String.sval ?? '';
  if ('Integer' in node) return String(node.Integer.ival ?? 0);
  if ('Float' in node) return node.Float.fval ?? '';
  if ('Boolean' in node) return node.Boolean.boolval === true ? 'true' : 'false';
  if ('A_Const' in node) return constantText(node.A_Const);
  if ('TypeName' in node) return names(node.TypeName.names).at(-1);
  return undefined;
}

/** The texts of a list of String nodes. */
export function names(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
}

/** Options of a statement: DefElem nodes only. */
export function definitions(nodes: readonly Node[] | undefined): DefElem[] {
  return (nodes ?? []).flatMap((node) => ('DefElem' in node ? [node.DefElem] : []));
}

/** The table that a RangeVar names, as users write it. */
export function rangeName(range: RangeVar): string {
  const name = range.relname ?? '';
  return range.schemaname === undefined ? name : `${range.schemaname}.${name}`;
}

/** A Boolean option, as PostgreSQL's defGetBoolean reads it: no value is true. Throws 42601. */
export function booleanOption(option: DefElem, position: number | undefined): boolean {
  if (option.arg === undefined) return true;
  const text = valueText(option.arg)?.toLowerCase();
  if (text === 'true' || text === 'on' || text === '1') return true;
  if (text === 'false' || text === 'off' || text === '0') return false;
  throw new PgError('42601', `${option.defname ?? ''} requires a Boolean value`, { position });
}
