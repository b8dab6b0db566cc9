// SQL as a tree of pieces that knows where it can be made simpler, so that a failing query can be cut
// down to what matters. Texts that no longer mean anything are left to SQLite to refuse.

import type { SqlParam } from '@patina/engine/storage/sql-value.ts';
import { literal } from './values.ts';

export type Part =
  | string
  /** Pieces that belong together. */
  | { readonly kind: 'seq'; readonly parts: readonly Part[] }
  /** May be left out. */
  | { readonly kind: 'optional'; readonly part: Part }
  /** An expression: any expression within it, or a constant, may take its place. */
  | { readonly kind: 'expr'; readonly part: Part }
  /** Pieces of which each but the last may be left out. */
  | { readonly kind: 'list'; readonly separator: string; readonly items: readonly Part[] }
  /** A value: a parameter or a constant, as the query has it. */
  | { readonly kind: 'value'; readonly value: SqlParam };

/** How the values of a query are written. */
export type ParameterStyle = 'constants' | 'positional' | 'named';

export interface RenderedSql {
  readonly sql: string;
  readonly params: readonly SqlParam[] | ReadonlyMap<string, SqlParam>;
}

export function seq(...parts: readonly Part[]): Part {
  return { kind: 'seq', parts };
}

export function optional(...parts: readonly Part[]): Part {
  return { kind: 'optional', part: seq(...parts) };
}

export function expr(...parts: readonly Part[]): Part {
  return { kind: 'expr', part: seq(...parts) };
}

export function list(separator: string, items: readonly Part[]): Part {
  return { kind: 'list', separator, items };
}

export function value(of: SqlParam): Part {
  return { kind: 'value', value: of };
}

/** The text of a tree, with its values as the style says. */
export function render(part: Part, style: ParameterStyle = 'constants'): RenderedSql {
  const positional: SqlParam[] = [];
  const named = new Map<string, SqlParam>();
  const text = (piece: Part): string => {
    if (typeof piece === 'string') return piece;
    switch (piece.kind) {
      case 'seq':
        return piece.parts.map(text).join('');
      case 'list':
        return piece.items.map(text).join(piece.separator);
      case 'value':
        return valueText(piece.value);
      default:
        return text(piece.part);
    }
  };
  const valueText = (of: SqlParam): string => {
    if (style === 'constants') return literal(of);
    if (style === 'positional') {
      positional.push(of);
      return '?';
    }
    const known = [...named].find(([, other]) => other === of)?.[0];
    const name = known ?? `:p${named.size}`;
    named.set(name, of);
    return name;
  };
  const sql = text(part);
  return { sql, params: style === 'named' && named.size > 0 ? named : positional };
}

const constants = ['NULL', '1'] as const;

/** Trees that are one step simpler, those that are much simpler first. */
export function* simplerParts(part: Part): Generator<Part> {
  if (typeof part === 'string' || part.kind === 'value') return;
  if (part.kind === 'optional') {
    yield '';
    for (const inner of simplerParts(part.part)) yield { ...part, part: inner };
  } else if (part.kind === 'expr') {
    for (const constant of constants) if (render(part).sql.length > 4) yield constant;
    yield* expressionsWithin(part.part);
    for (const inner of simplerParts(part.part)) yield { ...part, part: inner };
  } else if (part.kind === 'list') {
    const { items } = part;
    for (const index of items.keys()) {
      if (items.length > 1) yield { ...part, items: items.filter((_, other) => other !== index) };
    }
    yield* simplerItems(items, (changed) => ({ ...part, items: changed }));
  } else {
    yield* simplerItems(part.parts, (parts) => ({ kind: 'seq', parts }));
  }
}

function* simplerItems(
  items: readonly Part[],
  build: (items: readonly Part[]) => Part,
): Generator<Part> {
  for (const [index, item] of items.entries()) {
    for (const simpler of simplerParts(item)) yield build(items.with(index, simpler));
  }
}

function* expressionsWithin(part: Part): Generator<Part> {
  if (typeof part === 'string' || part.kind === 'value') return;
  if (part.kind === 'expr') yield part;
  else if (part.kind === 'optional') yield* expressionsWithin(part.part);
  else
    for (const item of part.kind === 'list' ? part.items : part.parts)
      yield* expressionsWithin(item);
}
