// Reads PostgreSQL's SQL/JSON path language into a tree.

import { sqlFault } from './function-error.ts';

export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

export interface SubscriptRange {
  readonly from: PathNode;
  readonly to: PathNode | undefined;
}

export type PathNode =
  | { readonly kind: 'root' | 'current' | 'last' | 'null' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'member'; readonly of: PathNode; readonly key: string }
  | { readonly kind: 'members' | 'elements'; readonly of: PathNode }
  | {
      readonly kind: 'anywhere';
      readonly of: PathNode;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly kind: 'subscript';
      readonly of: PathNode;
      readonly ranges: readonly SubscriptRange[];
    }
  | { readonly kind: 'method'; readonly of: PathNode; readonly name: string }
  | { readonly kind: 'filter'; readonly of: PathNode; readonly test: PathNode }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: PathNode;
      readonly right: PathNode;
    }
  | { readonly kind: 'sign'; readonly isMinus: boolean; readonly of: PathNode }
  | {
      readonly kind: 'compare';
      readonly operator: CompareOperator;
      readonly left: PathNode;
      readonly right: PathNode;
    }
  | { readonly kind: 'and' | 'or'; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: 'not' | 'exists' | 'is-unknown'; readonly of: PathNode }
  | { readonly kind: 'starts-with'; readonly of: PathNode; readonly prefix: PathNode }
  | {
      readonly kind: 'like-regex';
      readonly of: PathNode;
      readonly pattern: string;
      readonly flags: string;
    };

export interface JsonPath {
  readonly isLax: boolean;
  readonly root: PathNode;
}

const methods = new Set([
  'type',
  'size',
  'double',
  'ceiling',
  'floor',
  'abs',
  'keyvalue',
  'datetime',
]);
const tokenPattern =
  /\s+|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\[\s\S])*"|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\*\*|==|!=|<>|<=|>=|&&|\|\||\$"(?:[^"\\]|\\[\s\S])*"|\$[\p{L}_][\p{L}\p{N}_]*|[\p{L}_][\p{L}\p{N}_$]*|[$@.[\](){}?!<>=*/%+,-]/uy;

/** Nesting of parentheses and filters. */
const depthMax = 200;

class PathReader {
  readonly #source: string;
  readonly #tokens: string[] = [];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    for (let at = 0; at < source.length; ) {
      tokenPattern.lastIndex = at;
      const text = tokenPattern.exec(source)?.[0];
      if (text === undefined) throw this.#malformed(source[at] ?? '');
      at += text.length;
      if (!/^(\s|\/\*)/.test(text)) this.#tokens.push(text);
    }
  }

  whole(): JsonPath {
    const word = this.#peek()?.toLowerCase();
    const hasMode = word === 'strict' || word === 'lax';
    if (hasMode) this.#at++;
    const root = this.#or();
    if (this.#peek() !== undefined) throw this.#malformed(this.#peek());
    return { isLax: word !== 'strict', root };
  }

  #or(): PathNode {
    if (++this.#depth > depthMax) throw sqlFault('54001', 'stack depth limit exceeded');
    let left = this.#and();
    while (this.#accept('||')) left = { kind: 'or', left, right: this.#and() };
    this.#depth--;
    return left;
  }

  #and(): PathNode {
    let left = this.#predicate();
    while (this.#accept('&&')) left = { kind: 'and', left, right: this.#predicate() };
    return left;
  }

  #predicate(): PathNode {
    if (this.#accept('!')) {
      return { kind: 'not', of: this.#predicate() };
    }
    const left = this.#sum();
    const token = this.#peek();
    if (token !== undefined && /^(==|!=|<>|<|<=|>|>=|=)$/.test(token)) {
      this.#at++;
      const operator = token === '<>' ? '!=' : token === '=' ? '==' : (token as CompareOperator);
      return { kind: 'compare', operator, left, right: this.#sum() };
    }
    return this.#tail(left);
  }

  #tail(left: PathNode): PathNode {
    const word = this.#peek();
    if (word === 'starts') {
      this.#at++;
      this.#expect('with');
      return { kind: 'starts-with', of: left, prefix: this.#sum() };
    }
    if (word === 'like_regex') {
      this.#at++;
      const pattern = stringOf(this.#next());
      const flags = this.#accept('flag') ? stringOf(this.#next()) : '';
      return { kind: 'like-regex', of: left, pattern, flags };
    }
    if (word === 'is') {
      this.#at++;
      this.#expect('unknown');
      return { kind: 'is-unknown', of: left };
    }
    return left;
  }

  #sum(): PathNode {
    let left = this.#product();
    for (;;) {
      const token = this.#peek();
      if (token !== '+' && token !== '-') return left;
      this.#at++;
      left = { kind: 'arithmetic', operator: token, left, right: this.#product() };
    }
  }

  #product(): PathNode {
    let left = this.#signed();
    for (;;) {
      const token = this.#peek();
      if (token !== '*' && token !== '/' && token !== '%') return left;
      this.#at++;
      left = { kind: 'arithmetic', operator: token, left, right: this.#signed() };
    }
  }

  #signed(): PathNode {
    const token = this.#peek();
    if (token !== '+' && token !== '-') return this.#accessors(this.#primary());
    this.#at++;
    return { kind: 'sign', isMinus: token === '-', of: this.#signed() };
  }

  #primary(): PathNode {
    const token = this.#next();
    if (token === '$') return { kind: 'root' };
    if (token === '@') return { kind: 'current' };
    if (token.startsWith('$"')) return { kind: 'variable', name: stringOf(token.slice(1)) };
    if (token.startsWith('$')) return { kind: 'variable', name: token.slice(1) };
    if (token.startsWith('"')) return { kind: 'string', value: stringOf(token) };
    if (/^[.\d]/.test(token) && token !== '.') return { kind: 'number', text: token };
    if (token === 'true' || token === 'false') return { kind: 'boolean', value: token === 'true' };
    if (token === 'null') return { kind: 'null' };
    if (token === 'last') return { kind: 'last' };
    if (token === '(') {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    if (token === 'exists') {
      this.#expect('(');
      const of = this.#or();
      this.#expect(')');
      return { kind: 'exists', of };
    }
    throw this.#malformed(token);
  }

  #accessors(start: PathNode): PathNode {
    let of = start;
    for (;;) {
      if (this.#accept('.')) of = this.#member(of);
      else if (this.#accept('[')) of = this.#subscript(of);
      else if (this.#accept('?')) {
        this.#expect('(');
        const test = this.#or();
        this.#expect(')');
        of = { kind: 'filter', of, test };
      } else return of;
    }
  }

  #member(of: PathNode): PathNode {
    const token = this.#next();
    if (token === '*') return { kind: 'members', of };
    if (token === '**') return this.#anywhere(of);
    if (token.startsWith('"')) return { kind: 'member', of, key: stringOf(token) };
    if (!/^[\p{L}_$]/u.test(token)) throw this.#malformed(token);
    if (methods.has(token) && this.#peek() === '(') {
      this.#at++;
      this.#expect(')');
      return { kind: 'method', of, name: token };
    }
    return { kind: 'member', of, key: token };
  }

  #anywhere(of: PathNode): PathNode {
    if (!this.#accept('{')) return { kind: 'anywhere', of, from: 0, to: Number.POSITIVE_INFINITY };
    const level = (): number => {
      const token = this.#next();
      return token === 'last' ? Number.POSITIVE_INFINITY : Number(token);
    };
    const from = level();
    const to = this.#accept('to') ? level() : from;
    this.#expect('}');
    if (Number.isNaN(from) || Number.isNaN(to)) throw this.#malformed('{');
    return { kind: 'anywhere', of, from, to };
  }

  #subscript(of: PathNode): PathNode {
    if (this.#accept('*')) {
      this.#expect(']');
      return { kind: 'elements', of };
    }
    const ranges: SubscriptRange[] = [];
    do {
      const from = this.#sum();
      ranges.push({ from, to: this.#accept('to') ? this.#sum() : undefined });
    } while (this.#accept(','));
    this.#expect(']');
    return { kind: 'subscript', of, ranges };
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw this.#malformed(undefined);
    return token;
  }

  #accept(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    const found = this.#next();
    if (found !== token) throw this.#malformed(found);
  }

  #malformed(near: string | undefined): Error {
    if (this.#source.trim() === '') {
      return sqlFault('22P02', `invalid input syntax for type jsonpath: "${this.#source}"`);
    }
    return sqlFault(
      '42601',
      near === undefined
        ? 'syntax error at end of jsonpath input'
        : `syntax error at or near "${near}" of jsonpath input`,
    );
  }
}

function stringOf(token: string): string {
  if (!token.startsWith('"'))
    throw sqlFault('42601', `syntax error at or near "${token}" of jsonpath input`);
  return token
    .slice(1, -1)
    .replaceAll(
      /\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|([\s\S]))/g,
      unescaped,
    );
}

const controls: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function unescaped(_all: string, unit: string, point: string, byte: string, other: string): string {
  if (other !== undefined) return controls[other] ?? other;
  return String.fromCodePoint(Number.parseInt(unit ?? point ?? byte, 16));
}

/** Paths that are kept read. */
const keptMax = 200;
const kept = new Map<string, JsonPath>();

/** Throws 42601 and 22P02. */
export function parseJsonPath(source: string): JsonPath {
  const known = kept.get(source);
  if (known !== undefined) return known;
  const path = new PathReader(source).whole();
  if (kept.size >= keptMax) kept.clear();
  kept.set(source, path);
  return path;
}
