// The parameters of a statement, as SQLite numbers them: `?` takes the next number, `?3` the third, and a
// name takes the next number where it stands first and the same one afterwards.

import type { SqlStatement } from './statements.ts';

export interface SqlParameter {
  /** As people know it: `:id` with its prefix, or `?2` for the second. */
  readonly name: string;
  readonly isNamed: boolean;
  /** Counted from 1. */
  readonly number: number;
}

/** SQLite has no more of them. */
const numberMax = 32_766;

/** In the order of their numbers. */
export function parametersOf({ tokens }: Pick<SqlStatement, 'tokens'>): readonly SqlParameter[] {
  const found = new Map<string, SqlParameter>();
  let last = 0;
  for (const { kind, text } of tokens) {
    if (kind !== 'parameter' || text.startsWith('#')) continue;
    const isNamed = !text.startsWith('?');
    const known = isNamed ? found.get(text) : undefined;
    if (known !== undefined) continue;
    const number = !isNamed && text.length > 1 ? Number(text.slice(1)) : last + 1;
    if (number < 1 || number > numberMax) continue;
    last = Math.max(last, number);
    const name = isNamed ? text : `?${number}`;
    // A number that a name has already needs no second field.
    if (![...found.values()].some((each) => each.number === number)) {
      found.set(name, { name, isNamed, number });
    }
  }
  return [...found.values()].toSorted((a, b) => a.number - b.number);
}

/** The parameters of several statements: those of the same name are one. */
export function parametersOfAll(
  statements: readonly Pick<SqlStatement, 'tokens'>[],
): readonly SqlParameter[] {
  const found = new Map<string, SqlParameter>();
  for (const parameter of statements.flatMap((statement) => parametersOf(statement))) {
    if (!found.has(parameter.name)) found.set(parameter.name, parameter);
  }
  return [...found.values()];
}
