// LIKE and ILIKE, and SIMILAR TO as a regular expression. Matching takes time in proportion to text times
// pattern at worst, whatever the pattern.

import { textOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import { type SqlFunction, scalar } from './function-types.ts';

/** In a compiled pattern: any one character, and any text. Neither stands in text that UTF-8 has. */
const anyOne = -1;
const anyText = -2;
/** The escape character at the end of a pattern: an error where the text gets that far. */
const openEnd = -3;

interface LikePattern {
  readonly units: readonly number[];
  /** A plain way for patterns without `_` and with `%` at the ends only. */
  readonly simple:
    | { readonly kind: 'equal' | 'prefix' | 'suffix' | 'infix'; readonly text: string }
    | undefined;
}

function compileLike(pattern: string, mark: string): LikePattern {
  const units: number[] = [];
  let literal = '';
  let isSimple = true;
  for (let at = 0; at < pattern.length; at++) {
    const unit = pattern[at] ?? '';
    if (mark !== '' && unit === mark) {
      const next = pattern[++at];
      if (next === undefined) {
        units.push(openEnd);
        isSimple = false;
        break;
      }
      units.push(next.charCodeAt(0));
      literal += next;
    } else if (unit === '%') {
      if (at !== 0 && at !== pattern.length - 1) isSimple = false;
      if (units.at(-1) !== anyText) units.push(anyText);
    } else if (unit === '_') {
      isSimple = false;
      units.push(anyOne);
    } else {
      units.push(unit.charCodeAt(0));
      literal += unit;
    }
  }
  const isOpenBefore = units[0] === anyText;
  const isOpenBehind = units.at(-1) === anyText;
  if (!isSimple) return { units, simple: undefined };
  const kind = isOpenBefore
    ? isOpenBehind
      ? 'infix'
      : 'suffix'
    : isOpenBehind
      ? 'prefix'
      : 'equal';
  return { units, simple: { kind, text: literal } };
}

function matches({ units, simple }: LikePattern, text: string): boolean {
  switch (simple?.kind) {
    case 'equal':
      return text === simple.text;
    case 'prefix':
      return text.startsWith(simple.text);
    case 'suffix':
      return text.endsWith(simple.text);
    case 'infix':
      return text.includes(simple.text);
    default:
      return matchesUnits(units, text);
  }
}

/** Goes back only to the last `%`, which is enough. */
function matchesUnits(units: readonly number[], text: string): boolean {
  let at = 0;
  let of = 0;
  let starAt = -1;
  let starOf = -1;
  while (at < text.length) {
    const wanted = units[of];
    if (wanted === anyText) {
      starOf = of++;
      starAt = at;
    } else if (wanted === openEnd) {
      throw sqlFault('22025', 'LIKE pattern must not end with escape character');
    } else if (wanted === anyOne) {
      at += characterSize(text, at);
      of++;
    } else if (wanted === text.charCodeAt(at)) {
      at++;
      of++;
    } else if (starOf >= 0) {
      starAt += characterSize(text, starAt);
      at = starAt;
      of = starOf + 1;
    } else return false;
  }
  while (units[of] === anyText) of++;
  return of === units.length;
}

function characterSize(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit < 0xdc00 && at + 1 < text.length ? 2 : 1;
}

/** Patterns that are kept compiled; a query mostly has one. */
const keptMax = 200;
const kept = new Map<string, LikePattern>();

/** Whether `text LIKE pattern`. Throws 22025. */
export function isLike(text: string, pattern: string, mark = '\\'): boolean {
  const key = mark + pattern;
  let compiled = kept.get(key);
  if (compiled === undefined) {
    compiled = compileLike(pattern, mark);
    if (kept.size >= keptMax) kept.clear();
    kept.set(key, compiled);
  }
  return matches(compiled, text);
}

function escapeOf(text: string): string {
  if (text.length > 1) {
    throw sqlFault(
      '22025',
      'invalid escape string',
      'Escape string must be empty or one character.',
    );
  }
  return text;
}

/** A pattern with another escape character, as one with backslashes. */
function likeEscape(pattern: string, given: string): string {
  const mark = escapeOf(given);
  if (mark === '\\') return pattern;
  let out = '';
  let isEscaped = false;
  for (const character of pattern) {
    if (!isEscaped && mark !== '' && character === mark) {
      out += '\\';
      isEscaped = true;
    } else {
      if (character === '\\' && !isEscaped) out += '\\';
      out += character;
      isEscaped = false;
    }
  }
  return out;
}

/** SIMILAR TO's language as a regular expression (PostgreSQL's similar_escape). */
function similarToEscape(pattern: string, given: string): string {
  const mark = escapeOf(given);
  let out = '^(?:';
  let quotes = 0;
  let isInBracket = false;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? '';
    if (mark !== '' && character === mark) {
      const next = pattern[++at] ?? '';
      // In substring(x similar p escape e), e" stands around what is wanted.
      if (next === '"' && !isInBracket) {
        out += quotes === 0 ? '){1,1}?(' : '){1,1}(?:';
        quotes++;
      } else out += `\\${next}`;
    } else if (isInBracket) {
      if (character === ']') isInBracket = false;
      out += character === '\\' ? '\\\\' : character;
    } else if (character === '[') {
      isInBracket = true;
      out += '[';
    } else if (character === '%') out += '.*';
    else if (character === '_') out += '.';
    else if (character === '(') out += '(?:';
    else if (/[\\.^$]/.test(character)) out += `\\${character}`;
    else out += character;
  }
  return `${out})$`.replaceAll('){1,1}?(', ')(').replaceAll('){1,1}(?:', ')(?:');
}

export const likeFunctions: readonly SqlFunction[] = [
  scalar('pg_like', [2, 3], (text = null, pattern = null, mark = '\\') =>
    isLike(textOf(text), textOf(pattern), escapeOf(textOf(mark))),
  ),
  scalar('pg_ilike', [2, 3], (text = null, pattern = null, mark = '\\') =>
    isLike(
      textOf(text).toLowerCase(),
      textOf(pattern).toLowerCase(),
      escapeOf(textOf(mark)).toLowerCase(),
    ),
  ),
  scalar('like_escape', 2, (pattern = null, mark = null) =>
    likeEscape(textOf(pattern), textOf(mark)),
  ),
  scalar('similar_to_escape', [1, 2], (pattern = null, mark = '\\') =>
    similarToEscape(textOf(pattern), textOf(mark)),
  ),
];
