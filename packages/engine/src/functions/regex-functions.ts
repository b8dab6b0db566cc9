// Functions of regular expressions.

import { type ArrayItem, arrayJson } from './array-form.ts';
import { numberOf, textOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import { type Answer, type Cell, type SqlFunction, scalar } from './function-types.ts';
import { compileRegex } from './regex.ts';

/** Every match from a place on. */
function* matchesFrom(
  text: string,
  pattern: string,
  flags: string,
  start = 0,
): Generator<RegExpExecArray> {
  // Of its own: the shared one would be changed by a call in between.
  const regex = new RegExp(compileRegex(pattern, `${flags.replaceAll('g', '')}g`));
  regex.lastIndex = start;
  for (;;) {
    const match = regex.exec(text);
    if (match === null) return;
    yield match;
    if (match[0] === '') regex.lastIndex += characterSize(text, regex.lastIndex);
  }
}

function characterSize(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function firstMatch(text: string, pattern: string, flags: string): RegExpExecArray | undefined {
  return compileRegex(pattern, flags.replaceAll('g', '')).exec(text) ?? undefined;
}

/** The groups, or the whole where there are none. */
function captured(match: RegExpExecArray): ArrayItem[] {
  return match.length === 1 ? [match[0]] : match.slice(1).map((group) => group ?? null);
}

function refuseGlobal(flags: string, name: string): string {
  if (!flags.includes('g')) return flags;
  throw sqlFault('22023', `${name}() does not support the "global" option`);
}

/** `\1` to `\9`, `\&` and `\\` in a replacement. */
function replacement(template: string, match: RegExpExecArray): string {
  return template.replaceAll(/\\([\s\S])/g, (all, mark: string) => {
    if (mark === '&') return match[0];
    if (/[1-9]/.test(mark)) return match[Number(mark)] ?? '';
    return mark === '\\' ? '\\' : all;
  });
}

interface ReplaceOptions {
  readonly start: number;
  /** Which match; 0 is all. */
  readonly nth: number;
  readonly flags: string;
}

function replaced(
  text: string,
  pattern: string,
  template: string,
  { start, nth, flags }: ReplaceOptions,
): string {
  let out = '';
  let at = 0;
  let count = 0;
  for (const match of matchesFrom(text, pattern, flags, unitOf(text, start))) {
    count++;
    if (nth !== 0 && count < nth) continue;
    out += text.slice(at, match.index) + replacement(template, match);
    at = match.index + match[0].length;
    if (nth !== 0) break;
  }
  return out + text.slice(at);
}

/** From the number of a character, from 1, to an index. */
function unitOf(text: string, character: number): number {
  if (character < 1) {
    throw sqlFault('22023', `invalid value for parameter "start": ${character}`);
  }
  let at = 0;
  for (let left = character - 1; left > 0 && at < text.length; left--)
    at += characterSize(text, at);
  return at;
}

/** regexp_replace(text, pattern, new [, flags]) or (text, pattern, new, start [, nth [, flags]]). */
function regexpReplace(
  text: Cell = null,
  pattern: Cell = null,
  template: Cell = null,
  fourth?: Cell,
  nth?: Cell,
  flags?: Cell,
): Answer {
  const args = [textOf(text), textOf(pattern), textOf(template)] as const;
  if (fourth === undefined) return replaced(...args, { start: 1, nth: 1, flags: '' });
  if (typeof fourth === 'string') {
    const isAll = fourth.includes('g');
    return replaced(...args, { start: 1, nth: isAll ? 0 : 1, flags: fourth });
  }
  const flagText = textOf(flags ?? '');
  const number = nth === undefined ? 1 : numberOf(nth);
  return replaced(...args, { start: numberOf(fourth), nth: number, flags: flagText });
}

function split(text: string, pattern: string, flags: string): string[] {
  const parts: string[] = [];
  let at = 0;
  for (const match of matchesFrom(text, pattern, flags)) {
    const end = match.index + match[0].length;
    // An empty match at the ends, or right behind the last one, does not split.
    if (match[0] === '' && (match.index >= text.length || match.index === at)) continue;
    parts.push(text.slice(at, match.index));
    at = end;
  }
  parts.push(text.slice(at));
  return parts;
}

/** From an index to the number of its character, from 1. */
function characterNumber(text: string, index: number): bigint {
  let count = 1n;
  for (let at = 0; at < index; at += characterSize(text, at)) count++;
  return count;
}

function nthMatch(
  text: string,
  pattern: string,
  start: number,
  nth: number,
  flags: string,
): RegExpExecArray | undefined {
  if (nth < 1) throw sqlFault('22023', `invalid value for parameter "n": ${nth}`);
  let count = 0;
  for (const match of matchesFrom(text, pattern, flags, unitOf(text, start))) {
    if (++count === nth) return match;
  }
  return undefined;
}

function groupOf(match: RegExpExecArray, group: number): string | undefined {
  if (group < 0) throw sqlFault('22023', `invalid value for parameter "subexpr": ${group}`);
  return match[group];
}

export const regexFunctions: readonly SqlFunction[] = [
  scalar('pg_regex_match', 2, (text = null, pattern = null) =>
    compileRegex(textOf(pattern)).test(textOf(text)),
  ),
  scalar('pg_regex_imatch', 2, (text = null, pattern = null) =>
    compileRegex(textOf(pattern), 'i').test(textOf(text)),
  ),
  scalar('pg_regex_substr', 2, (text = null, pattern = null) => {
    const match = firstMatch(textOf(text), textOf(pattern), '');
    return match === undefined ? null : ((match.length > 1 ? match[1] : match[0]) ?? null);
  }),
  scalar('regexp_like', [2, 3], (text = null, pattern = null, flags = '') =>
    compileRegex(textOf(pattern), refuseGlobal(textOf(flags), 'regexp_like')).test(textOf(text)),
  ),
  scalar('regexp_replace', [3, 4, 5, 6], regexpReplace),
  scalar('regexp_match', [2, 3], (text = null, pattern = null, flags = '') => {
    if (textOf(flags).includes('g')) {
      throw sqlFault('22023', 'regexp_match() does not support the "global" option');
    }
    const match = firstMatch(textOf(text), textOf(pattern), textOf(flags));
    return match === undefined ? null : arrayJson(captured(match));
  }),
  scalar('pg_regexp_matches', [2, 3], (text = null, pattern = null, flags = '') => {
    const found: ArrayItem[] = [];
    for (const match of matchesFrom(textOf(text), textOf(pattern), textOf(flags))) {
      found.push(captured(match));
      if (!textOf(flags).includes('g')) break;
    }
    return arrayJson(found);
  }),
  scalar('regexp_split_to_array', [2, 3], (text = null, pattern = null, flags = '') =>
    arrayJson(
      split(textOf(text), textOf(pattern), refuseGlobal(textOf(flags), 'regexp_split_to_array')),
    ),
  ),
  scalar('regexp_count', [2, 3, 4], (text = null, pattern = null, start = 1, flags = '') => {
    const at = unitOf(textOf(text), numberOf(start));
    const given = refuseGlobal(textOf(flags), 'regexp_count');
    return BigInt([...matchesFrom(textOf(text), textOf(pattern), given, at)].length);
  }),
  scalar('regexp_instr', [2, 3, 4, 5, 6, 7], regexpInstr),
  scalar(
    'regexp_substr',
    [2, 3, 4, 5, 6],
    (text = null, pattern = null, start = 1, nth = 1, flags = '', group = 0) => {
      const given = refuseGlobal(textOf(flags), 'regexp_substr');
      const match = nthMatch(textOf(text), textOf(pattern), numberOf(start), numberOf(nth), given);
      return match === undefined ? null : (groupOf(match, numberOf(group)) ?? null);
    },
  ),
];

function regexpInstr(
  text: Cell = null,
  pattern: Cell = null,
  start: Cell = 1,
  nth: Cell = 1,
  end: Cell = 0,
  flags: Cell = '',
  group: Cell = 0,
): Answer {
  const given = refuseGlobal(textOf(flags), 'regexp_instr');
  const source = textOf(text);
  const match = nthMatch(source, textOf(pattern), numberOf(start), numberOf(nth), given);
  const part = match === undefined ? undefined : groupOf(match, numberOf(group));
  if (match === undefined || part === undefined) return 0n;
  // Where a group stands is not told: it is looked for within the match.
  const index = match.index + Math.max(0, match[0].indexOf(part));
  return characterNumber(source, numberOf(end) === 1 ? index + part.length : index);
}
