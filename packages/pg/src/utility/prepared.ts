// PREPARE, EXECUTE and DEALLOCATE.

import type { ExecuteStmt, Node, PrepareStmt } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import type { PlanTools } from './plan-tools.ts';
import { tokensOf } from './tokens.ts';
import type { PreparedStatementCommand } from './utility-statement.ts';

export function planPrepare(
  statement: PrepareStmt,
  text: string,
  tools: PlanTools,
): PreparedStatementCommand {
  const types = (statement.argtypes ?? []).map((type) => {
    return 'TypeName' in type ? tools.resolveType(type.TypeName).oid : 0;
  });
  return {
    kind: 'prepare',
    name: statement.name ?? '',
    text: preparedText(text),
    paramTypes: types,
  };
}

/** EXECUTE's arguments become a SELECT of one row. */
export function planExecute(
  statement: ExecuteStmt,
  text: string,
  tools: PlanTools,
): PreparedStatementCommand {
  const name = statement.name ?? '';
  const params = statement.params ?? [];
  if (params.length === 0) return { kind: 'execute', name, args: undefined };
  const targets = params.map((val): Node => ({ ResTarget: { val } }));
  const select: Node = {
    SelectStmt: { targetList: targets, limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' },
  };
  const args = tools.planInner(select, text);
  if (args.kind !== 'query') throw new PgError('0A000', 'EXECUTE takes constant arguments');
  return { kind: 'execute', name, args };
}

/** What follows the first AS outside parentheses: `PREPARE name (types) AS statement`. */
function preparedText(text: string): string {
  const tokens = tokensOf(text) ?? [];
  let depth = 0;
  // The name itself may be `as`, quoted; a bare one is refused by the grammar.
  for (const token of tokens) {
    if (token.text === '(') depth++;
    if (token.text === ')') depth--;
    if (depth === 0 && token.word === 'as') return text.slice(token.end).trim();
  }
  return text;
}
