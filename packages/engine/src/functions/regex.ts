// PostgreSQL's regular expressions ("advanced" ones) as those of JavaScript: nearly the same language; what is
// written otherwise is rewritten here. They run in JavaScript's backtracking engine: a pattern that makes it
// go astray runs until the statement's time is over, which ends the process that runs it.

import { sqlFault } from './function-error.ts';

const classNames: Readonly<Record<string, string>> = {
  alpha: '\\p{L}',
  digit: '\\p{Nd}',
  alnum: '\\p{L}\\p{Nd}',
  upper: '\\p{Lu}',
  lower: '\\p{Ll}',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  cntrl: '\\u0000-\\u001f\\u007f',
  xdigit: '0-9A-Fa-f',
  graph: '\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}',
  print: '\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ',
  word: '\\p{L}\\p{Nd}_',
};

/** Words that stand before and behind an edge of a word. */
const word = '[\\p{L}\\p{Nd}_]';
const escapes: ReadonlyMap<string, string> = new Map([
  ['m', `(?<!${word})(?=${word})`],
  ['M', `(?<=${word})(?!${word})`],
  ['y', `(?:(?<!${word})(?=${word})|(?<=${word})(?!${word}))`],
  ['Y', `(?:(?<!${word})(?!${word})|(?<=${word})(?=${word}))`],
  ['A', '(?<![\\s\\S])'],
  ['Z', '(?![\\s\\S])'],
  ['w', word],
  ['W', '[^\\p{L}\\p{Nd}_]'],
  ['d', '\\p{Nd}'],
  ['D', '\\P{Nd}'],
  ['s', '\\s'],
  ['S', '\\S'],
  ['a', '\\u0007'],
  ['b', '\\u0008'],
  ['B', '\\\\'],
  ['e', '\\u001b'],
  ['f', '\\f'],
  ['n', '\\n'],
  ['r', '\\r'],
  ['t', '\\t'],
  ['v', '\\v'],
  ['0', '\\0'],
]);

/** What stands for itself with a backslash in JavaScript's `v` mode. */
const needsBackslash = /[\^$\\.*+?()[\]{}|/]/;

class Translator {
  readonly #source: string;
  readonly #isExpanded: boolean;
  #at = 0;
  #out = '';
  groups = 0;

  constructor(source: string, isExpanded: boolean) {
    this.#source = source;
    this.#isExpanded = isExpanded;
  }

  translated(): string {
    const source = this.#source;
    while (this.#at < source.length) {
      const character = String.fromCodePoint(source.codePointAt(this.#at) ?? 0);
      this.#at += character.length;
      this.#take(character);
    }
    return this.#out;
  }

  #take(character: string): void {
    if (character === '\\') this.#out += this.#escape(false);
    else if (character === '[') this.#out += this.#bracket();
    else if (character === '(') this.#open();
    else if (character === '{') this.#brace();
    else if (character === '}' || character === ']' || character === '/')
      this.#out += `\\${character}`;
    else if (this.#isExpanded && /\s/.test(character)) return;
    else if (this.#isExpanded && character === '#') {
      const end = this.#source.indexOf('\n', this.#at);
      this.#at = end < 0 ? this.#source.length : end;
    } else this.#out += character;
  }

  #open(): void {
    const rest = this.#source.slice(this.#at);
    if (rest.startsWith('?#')) {
      const end = rest.indexOf(')');
      if (end < 0) throw invalid('parentheses () not balanced');
      this.#at += end + 1;
      return;
    }
    const lookaround = /^\?(?:[:=!]|<[=!])/.exec(rest)?.[0];
    if (lookaround === undefined) {
      if (rest.startsWith('?')) throw invalid('quantifier operand invalid');
      this.groups++;
      this.#out += '(';
      return;
    }
    this.#out += `(${lookaround}`;
    this.#at += lookaround.length;
  }

  /** A brace that begins no bound stands for itself. */
  #brace(): void {
    const bound = /^\d+(,\d*)?\}/.exec(this.#source.slice(this.#at))?.[0];
    if (bound === undefined) {
      if (/^\d/.test(this.#source.slice(this.#at))) throw invalid('invalid repetition count(s)');
      this.#out += '\\{';
      return;
    }
    if (bound.match(/\d+/g)?.some((count) => Number(count) > 255)) {
      throw invalid('invalid repetition count(s)');
    }
    this.#out += `{${bound}`;
    this.#at += bound.length;
  }

  #escape(isInBracket: boolean): string {
    const source = this.#source;
    const character = source[this.#at];
    if (character === undefined) throw invalid('invalid escape \\ sequence');
    this.#at++;
    const hex =
      character === 'u'
        ? /^[0-9a-fA-F]{4}/
        : character === 'U'
          ? /^[0-9a-fA-F]{8}/
          : character === 'x'
            ? /^[0-9a-fA-F]{1,8}/
            : undefined;
    if (hex !== undefined) {
      const digits = hex.exec(source.slice(this.#at))?.[0];
      if (digits === undefined) throw invalid('invalid escape \\ sequence');
      this.#at += digits.length;
      return `\\u{${digits}}`;
    }
    if (character === 'c') {
      const control = source[this.#at++] ?? '@';
      return `\\u{${(control.charCodeAt(0) & 0x1f).toString(16)}}`;
    }
    if (!isInBracket && /[1-9]/.test(character)) return `\\${character}(?:)`;
    const known = escapes.get(character);
    if (isInBracket && /[wdsWDS]/.test(character)) return bracketEscape(character);
    if (isInBracket && /[mMyYAZ]/.test(character)) throw invalid('invalid escape \\ sequence');
    if (known !== undefined) return known;
    if (/[A-Za-z]/.test(character)) throw invalid('invalid escape \\ sequence');
    return literal(character, isInBracket);
  }

  #bracket(): string {
    const source = this.#source;
    // Edges of words.
    if (source.startsWith('[:<:]]', this.#at)) return this.#skip(6, escapes.get('m'));
    if (source.startsWith('[:>:]]', this.#at)) return this.#skip(6, escapes.get('M'));
    let out = '[';
    if (source[this.#at] === '^') {
      out += '^';
      this.#at++;
    }
    for (let isFirst = true; ; isFirst = false) {
      const character = String.fromCodePoint(source.codePointAt(this.#at) ?? 0);
      if (this.#at >= source.length) throw invalid('brackets [] not balanced');
      if (character === ']' && !isFirst) {
        this.#at++;
        return `${out}]`;
      }
      this.#at += character.length;
      if (character === '[' && /[:.=]/.test(source[this.#at] ?? '')) out += this.#named();
      else if (character === '\\') out += this.#escape(true);
      else if (character === '-' && !isFirst && source[this.#at] !== ']') out += '-';
      else out += literal(character, true);
    }
  }

  #skip(count: number, text = ''): string {
    this.#at += count;
    return text;
  }

  /** [:alpha:], [.x.], [=x=]. */
  #named(): string {
    const mark = this.#source[this.#at] ?? '';
    const end = this.#source.indexOf(`${mark}]`, this.#at + 1);
    if (end < 0) throw invalid('brackets [] not balanced');
    const name = this.#source.slice(this.#at + 1, end);
    this.#at = end + 2;
    if (mark !== ':') return [...name].map((each) => literal(each, true)).join('');
    const text = classNames[name];
    if (text === undefined) throw invalid('invalid character class');
    return text;
  }
}

function bracketEscape(character: string): string {
  if (character === 'w') return '\\p{L}\\p{Nd}_';
  if (character === 'd') return '\\p{Nd}';
  if (character === 's') return '\\s';
  throw invalid('invalid escape \\ sequence');
}

function literal(character: string, isInBracket: boolean): string {
  if (isInBracket) return /[\^\\\]\-[]/.test(character) ? `\\${character}` : character;
  return needsBackslash.test(character) ? `\\${character}` : character;
}

function invalid(reason: string): Error {
  return sqlFault('2201B', `invalid regular expression: ${reason}`);
}

/** Patterns that are kept compiled. */
const keptMax = 500;
const kept = new Map<string, RegExp>();

/**
 * The JavaScript form of a pattern. Flags are PostgreSQL's: i, c, n or m, p, w, s, x, q, and g, with which it is
 * for `exec` again and again.
 * Throws 2201B for patterns, 22023 for flags.
 */
export function compileRegex(pattern: string, flags = ''): RegExp {
  const key = `${flags}/${pattern}`;
  const known = kept.get(key);
  if (known !== undefined) {
    known.lastIndex = 0;
    return known;
  }
  const regex = build(pattern, flags);
  if (kept.size >= keptMax) kept.clear();
  kept.set(key, regex);
  return regex;
}

function build(pattern: string, givenFlags: string): RegExp {
  const wrong = /[^bceimnpqstwxg]/.exec(givenFlags)?.[0];
  if (wrong !== undefined) {
    throw sqlFault('22023', `invalid regular expression option: "${wrong}"`);
  }
  let source = pattern;
  let flags = givenFlags;
  // Embedded: ***= is literal text, ***: an advanced one, (?i) options at the start.
  if (source.startsWith('***=')) {
    source = source.slice(4);
    flags += 'q';
  } else if (source.startsWith('***:')) source = source.slice(4);
  const options = /^\(\?([bceimnpqstwx]+)\)/.exec(source);
  if (options !== null && !flags.includes('q')) {
    flags += options[1] ?? '';
    source = source.slice(options[0].length);
  }
  const isSensitive = flags.lastIndexOf('c') > flags.lastIndexOf('i');
  const isFolded = flags.includes('i') && !isSensitive;
  // n and m: lines; p: `.` and brackets alone; w: ^ and $ alone.
  const isByLine = /[nm]/.test(flags);
  const dotMatchesNewline = !isByLine && !flags.includes('p');
  const anchorsAtLines = isByLine || flags.includes('w');
  const text = flags.includes('q')
    ? source.replaceAll(/[\^$\\.*+?()[\]{}|/]/g, '\\$&')
    : new Translator(source, flags.includes('x')).translated();
  const mode = `${flags.includes('g') ? 'g' : ''}u${isFolded ? 'i' : ''}${dotMatchesNewline ? 's' : ''}${anchorsAtLines ? 'm' : ''}`;
  try {
    return new RegExp(text, mode);
  } catch (error) {
    throw invalid(reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  if (/nothing to repeat/i.test(message)) return 'quantifier operand invalid';
  if (/group|parenthes|unmatched '\)'/i.test(message)) return 'parentheses () not balanced';
  if (/out of order in character class|range/i.test(message)) return 'invalid character range';
  if (/character class/i.test(message)) return 'brackets [] not balanced';
  if (/escape|back|named/i.test(message)) return 'invalid backreference number';
  return 'invalid regular expression';
}
