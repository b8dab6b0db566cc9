// Quoting of names and values, format(), and what compares words: Levenshtein distance, trigrams.

import { arrayJson } from './array-form.ts';
import { textOf } from './cells.ts';
import { characterCount } from './characters.ts';
import { sqlFault } from './function-error.ts';
import { type Cell, type SqlFunction, scalar } from './function-types.ts';

/** Reserved words and those that cannot be names of columns or functions. */
const keywords = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both
  case cast char character check coalesce collate collation column concurrently constraint create cross
  current_catalog current_date current_role current_schema current_time current_timestamp current_user dec
  decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign
  freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect
  interval into is isnull join lateral leading least left like limit localtime localtimestamp national
  natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps
  overlay placing position precision primary real references returning right row select session_user setof
  similar smallint some substring symmetric table tablesample then time timestamp to trailing treat trim true
  union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat
  xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`.split(
    /\s+/,
  ),
);

export function quoteIdent(name: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(name) && !keywords.has(name)) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? `E${quoted}` : quoted;
}

/** format('%s %I %L %2$s %-10s %*s', …). */
function format(template: string, args: readonly Cell[]): string {
  let next = 0;
  const take = (position: number | undefined): Cell => {
    const index = position === undefined ? next : position - 1;
    if (index < 0) {
      throw sqlFault('22023', 'format specifies argument 0, but arguments are numbered from 1');
    }
    if (index >= args.length) throw sqlFault('22023', 'too few arguments for format()');
    next = index + 1;
    return args[index] ?? null;
  };
  return template.replaceAll(
    /%(?:(%)|(\d+\$)?(-?)(\d+|\*(?:\d+\$)?)?([A-Za-z]?))/g,
    (
      all,
      percent?: string,
      position?: string,
      minus?: string,
      widthText?: string,
      kind?: string,
    ) => {
      if (percent !== undefined) return '%';
      if (kind === undefined || kind === '') {
        throw sqlFault(
          '22023',
          all === '%' || kind === '' ? 'unterminated format() type specifier' : all,
        );
      }
      if (!/[sIL]/.test(kind)) {
        throw sqlFault('22023', `unrecognized format() type specifier "${kind}"`);
      }
      let width = 0;
      if (widthText?.startsWith('*')) {
        const from = widthText.length > 1 ? Number(widthText.slice(1, -1)) : undefined;
        width = Number(textOf(take(from) ?? 0));
      } else if (widthText !== undefined) width = Number(widthText);
      const isLeft = minus === '-' || width < 0;
      const text = formatted(
        take(position === undefined ? undefined : Number(position.slice(0, -1))),
        kind,
      );
      const fill = ' '.repeat(Math.max(0, Math.abs(width) - characterCount(text)));
      return isLeft ? text + fill : fill + text;
    },
  );
}

function formatted(value: Cell, kind: string): string {
  if (kind === 's') return value === null ? '' : textOf(value);
  if (kind === 'L') return value === null ? 'NULL' : quoteLiteral(textOf(value));
  if (value === null) {
    throw sqlFault('22004', 'null values cannot be formatted as an SQL identifier');
  }
  return quoteIdent(textOf(value));
}

/** `a."B c".d` as its parts. */
function parseIdent(text: string): string[] {
  const parts: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*))\s*(\.|$)/uy;
  let at = 0;
  for (;;) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw sqlFault('22023', `string is not a valid identifier: "${text}"`);
    const [all, quoted, plain = '', end] = match;
    parts.push(quoted === undefined ? plain.toLowerCase() : quoted.replaceAll('""', '"'));
    at += all.length;
    if (end === '') return parts;
  }
}

/** Longer words are refused, as fuzzystrmatch does. */
const levenshteinMax = 255;

function levenshtein(a: string, b: string): number {
  const [one, other] = [[...a], [...b]];
  if (one.length > levenshteinMax || other.length > levenshteinMax) {
    throw sqlFault(
      '22023',
      `levenshtein argument exceeds maximum length of ${levenshteinMax} characters`,
    );
  }
  let row = other.map((_, index) => index + 1);
  row.unshift(0);
  for (const [index, character] of one.entries()) {
    const next = [index + 1];
    for (const [column, candidate] of other.entries()) {
      const change = (row[column] ?? 0) + (candidate === character ? 0 : 1);
      next.push(Math.min(change, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

/** As pg_trgm makes them: words in lower case with two spaces before and one behind. */
function trigrams(text: string): Set<string> {
  const found = new Set<string>();
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    const spaced = `  ${word} `;
    for (let at = 0; at + 3 <= spaced.length; at++) found.add(spaced.slice(at, at + 3));
  }
  return found;
}

function similarity(a: string, b: string): number {
  const [one, other] = [trigrams(a), trigrams(b)];
  const shared = [...one].filter((each) => other.has(each)).length;
  const all = one.size + other.size - shared;
  return all === 0 ? 0 : Math.fround(shared / all);
}

const ligatures: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ß: 'ss',
    Æ: 'AE',
    æ: 'ae',
    Œ: 'OE',
    œ: 'oe',
    Ø: 'O',
    ø: 'o',
    Ł: 'L',
    ł: 'l',
    Đ: 'D',
    đ: 'd',
  }),
);

function unaccent(text: string): string {
  const bare = text.normalize('NFD').replaceAll(/\p{M}/gu, '').normalize('NFC');
  return bare.replaceAll(/[ßÆæŒœØøŁłĐđ]/g, (letter) => ligatures.get(letter) ?? letter);
}

export const quotingFunctions: readonly SqlFunction[] = [
  scalar('quote_ident', 1, (name = null) => quoteIdent(textOf(name))),
  scalar('quote_literal', 1, (value = null) => quoteLiteral(textOf(value))),
  scalar(
    'quote_nullable',
    1,
    (value = null) => (value === null ? 'NULL' : quoteLiteral(textOf(value))),
    {
      isStrict: false,
    },
  ),
  scalar(
    'pg_format',
    'any',
    (template = null, ...args) => (template === null ? null : format(textOf(template), args)),
    { isStrict: false },
  ),
  scalar('parse_ident', [1, 2], (text = null) => arrayJson(parseIdent(textOf(text)))),
  scalar('levenshtein', 2, (a = null, b = null) => BigInt(levenshtein(textOf(a), textOf(b)))),
  scalar('similarity', 2, (a = null, b = null) => similarity(textOf(a), textOf(b))),
  scalar('unaccent', 1, (text = null) => unaccent(textOf(text))),
];
