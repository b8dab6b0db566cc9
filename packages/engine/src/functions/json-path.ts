// Evaluates SQL/JSON paths on jsonb documents (PostgreSQL's jsonpath_exec.c): lax paths unwrap arrays and pass
// over what is missing, strict ones fail; predicates are true, false or unknown.

import { readDateTimeParts } from './datetime-parts.ts';
import {
  add,
  ceiling,
  type Decimal,
  divide,
  floor,
  formatDecimal,
  multiply,
  negate,
  parseDecimal,
  remainder,
} from './decimal.ts';
import { sqlFault } from './function-error.ts';
import type { ArithmeticOperator, CompareOperator, JsonPath, PathNode } from './json-path-parse.ts';
import {
  compareNumbers,
  type JsonNode,
  jsonBoolean,
  jsonNull,
  jsonNumber,
  jsonObject,
  jsonString,
} from './json-value.ts';
import { compileRegex } from './regex.ts';

type Truth = boolean | undefined;

interface Context {
  readonly isLax: boolean;
  readonly root: JsonNode;
  readonly current: JsonNode;
  /** Last subscript of the array around. */
  readonly last: number | undefined;
  readonly variables: ReadonlyMap<string, JsonNode>;
}

/** All that a path finds. Throws the path's own errors, 22033 and others. */
export function queryPath(
  { isLax, root }: JsonPath,
  document: JsonNode,
  variables: ReadonlyMap<string, JsonNode> = new Map(),
): JsonNode[] {
  const context = { isLax, root: document, current: document, last: undefined, variables };
  return evaluate(root, context);
}

function isPredicate({ kind }: PathNode): boolean {
  return /^(compare|and|or|not|exists|is-unknown|starts-with|like-regex)$/.test(kind);
}

function evaluate(node: PathNode, context: Context): JsonNode[] {
  if (isPredicate(node)) {
    const truth = test(node, context);
    return [truth === undefined ? jsonNull : jsonBoolean(truth)];
  }
  switch (node.kind) {
    case 'root':
      return [context.root];
    case 'current':
      return [context.current];
    case 'null':
      return [jsonNull];
    case 'last':
      if (context.last === undefined)
        throw sqlFault('42601', 'LAST is allowed only in array subscripts');
      return [jsonNumber(String(context.last))];
    case 'string':
      return [jsonString(node.value)];
    case 'number':
      return [jsonNumber(numberText(node.text))];
    case 'boolean':
      return [jsonBoolean(node.value)];
    case 'variable': {
      const value = context.variables.get(node.name);
      if (value === undefined)
        throw sqlFault('42704', `could not find jsonpath variable "${node.name}"`);
      return [value];
    }
    case 'arithmetic':
      return [calculated(node.operator, node.left, node.right, context)];
    case 'sign':
      return unwrapped(evaluate(node.of, context), context).map((item) => {
        const value = decimalOfNode(item);
        if (value === undefined) throw notNumeric(node.isMinus ? '-' : '+', 'unary');
        return jsonNumber(formatDecimal(node.isMinus ? negate(value) : value));
      });
    default:
      return step(node, context);
  }
}

function numberText(text: string): string {
  const decimal = parseDecimal(text);
  return decimal === undefined ? text : formatDecimal(decimal);
}

function decimalOfNode(node: JsonNode): Decimal | undefined {
  return node.kind === 'number' ? parseDecimal(node.text) : undefined;
}

/** In lax mode arrays stand for their items. */
function unwrapped(items: readonly JsonNode[], { isLax }: Context): JsonNode[] {
  return items.flatMap((item) => (isLax && item.kind === 'array' ? item.items : [item]));
}

function step(node: PathNode, context: Context): JsonNode[] {
  switch (node.kind) {
    case 'member':
      return unwrapped(evaluate(node.of, context), context).flatMap((item) =>
        memberOf(item, node.key, context),
      );
    case 'members':
      return unwrapped(evaluate(node.of, context), context).flatMap((item) => {
        if (item.kind === 'object') return item.entries.map(([, value]) => value);
        if (context.isLax) return [];
        throw sqlFault(
          '2203C',
          'jsonpath wildcard member accessor can only be applied to an object',
        );
      });
    case 'elements':
      return evaluate(node.of, context).flatMap((item) => {
        if (item.kind === 'array') return item.items;
        if (context.isLax) return [item];
        throw sqlFault('22039', 'jsonpath wildcard array accessor can only be applied to an array');
      });
    case 'anywhere':
      return evaluate(node.of, context).flatMap((item) => within(item, 0, node.from, node.to));
    case 'subscript':
      return evaluate(node.of, context).flatMap((item) => subscripted(item, node.ranges, context));
    case 'filter':
      return unwrapped(evaluate(node.of, context), context).filter(
        (item) => test(node.test, { ...context, current: item }) === true,
      );
    case 'method':
      return methodItems(node.name, evaluate(node.of, context), context).flatMap((item) =>
        method(item, node.name, context),
      );
    default:
      return [];
  }
}

function memberOf(item: JsonNode, key: string, { isLax }: Context): JsonNode[] {
  if (item.kind !== 'object') {
    if (isLax) return [];
    throw sqlFault('2203A', 'jsonpath member accessor can only be applied to an object');
  }
  const entry = item.entries.findLast(([name]) => name === key);
  if (entry !== undefined) return [entry[1]];
  if (isLax) return [];
  throw sqlFault('2203A', `JSON object does not contain key "${key}"`);
}

function within(item: JsonNode, level: number, from: number, to: number): JsonNode[] {
  const children =
    item.kind === 'array'
      ? item.items
      : item.kind === 'object'
        ? item.entries.map(([, value]) => value)
        : [];
  const isLeaf = item.kind !== 'array' && item.kind !== 'object';
  const isHere = level >= from && level <= to && (from !== Number.POSITIVE_INFINITY || isLeaf);
  const isLastLevel = from === Number.POSITIVE_INFINITY && isLeaf;
  const here = isHere || isLastLevel ? [item] : [];
  if (level >= to) return here;
  return [...here, ...children.flatMap((child) => within(child, level + 1, from, to))];
}

function subscripted(
  item: JsonNode,
  ranges: readonly { readonly from: PathNode; readonly to: PathNode | undefined }[],
  context: Context,
): readonly JsonNode[] {
  if (item.kind !== 'array' && !context.isLax) {
    throw sqlFault('22039', 'jsonpath array accessor can only be applied to an array');
  }
  const items = item.kind === 'array' ? item.items : [item];
  const inner = { ...context, last: items.length - 1 };
  return ranges.flatMap(({ from, to }) => {
    const first = indexOf(from, inner);
    const last = to === undefined ? first : indexOf(to, inner);
    if (!context.isLax && (first < 0 || first > last || last >= items.length)) {
      throw sqlFault('22033', 'jsonpath array subscript is out of bounds');
    }
    return items.slice(Math.max(first, 0), Math.max(last + 1, 0));
  });
}

function indexOf(node: PathNode, context: Context): number {
  const [item, ...more] = evaluate(node, context);
  const value = item === undefined || more.length > 0 ? undefined : decimalOfNode(item);
  if (value === undefined) {
    throw sqlFault('22033', 'jsonpath array subscript is not a single numeric value');
  }
  return Math.trunc(Number(formatDecimal(value)));
}

function calculated(
  operator: ArithmeticOperator,
  left: PathNode,
  right: PathNode,
  context: Context,
): JsonNode {
  const value = (node: PathNode, side: string): Decimal => {
    const [item, ...more] = unwrapped(evaluate(node, context), context);
    const decimal = item === undefined || more.length > 0 ? undefined : decimalOfNode(item);
    if (decimal === undefined) throw notNumeric(operator, side);
    return decimal;
  };
  const operations = {
    '+': add,
    '-': (a: Decimal, b: Decimal) => add(a, negate(b)),
    '*': multiply,
    '/': divide,
    '%': remainder,
  };
  return jsonNumber(
    formatDecimal(operations[operator](value(left, 'left'), value(right, 'right'))),
  );
}

function notNumeric(operator: string, side: string): Error {
  if (side === 'unary') {
    return sqlFault(
      '2203B',
      `operand of unary jsonpath operator ${operator} is not a numeric value`,
    );
  }
  return sqlFault(
    '22038',
    `${side} operand of jsonpath operator ${operator} is not a single numeric value`,
  );
}

function methodItems(
  name: string,
  items: readonly JsonNode[],
  context: Context,
): readonly JsonNode[] {
  return name === 'type' || name === 'size' ? items : unwrapped(items, context);
}

function method(item: JsonNode, name: string, { isLax }: Context): JsonNode[] {
  if (name === 'type') return [jsonString(typeName(item))];
  if (name === 'size') {
    if (item.kind !== 'array' && !isLax) {
      throw sqlFault('22039', 'jsonpath item method .size() can only be applied to an array');
    }
    return [jsonNumber(String(item.kind === 'array' ? item.items.length : 1))];
  }
  if (name === 'keyvalue') return keyValues(item);
  if (name === 'datetime') {
    if (item.kind === 'string' && !('problem' in readDateTimeParts(item.value))) return [item];
    throw sqlFault('22031', 'jsonpath item method .datetime() can only be applied to a string');
  }
  if (name === 'double') return [doubleOf(item)];
  const value = decimalOfNode(item);
  if (value === undefined) {
    throw sqlFault(
      '22036',
      `jsonpath item method .${name}() can only be applied to a numeric value`,
    );
  }
  const result =
    name === 'ceiling'
      ? ceiling(value)
      : name === 'floor'
        ? floor(value)
        : value.units < 0n
          ? negate(value)
          : value;
  return [jsonNumber(formatDecimal(result))];
}

function doubleOf(item: JsonNode): JsonNode {
  if (item.kind === 'number') return item;
  if (item.kind !== 'string') {
    throw sqlFault(
      '22036',
      'jsonpath item method .double() can only be applied to a string or numeric value',
    );
  }
  const value = parseDecimal(item.value);
  if (value !== undefined) return jsonNumber(numberText(String(Number(formatDecimal(value)))));
  throw sqlFault(
    '22036',
    'string argument of jsonpath item method .double() is not a valid representation of a double precision number',
  );
}

function keyValues(item: JsonNode): JsonNode[] {
  if (item.kind !== 'object') {
    throw sqlFault('2203C', 'jsonpath item method .keyvalue() can only be applied to an object');
  }
  return item.entries.map(([key, value]) =>
    jsonObject([
      ['id', jsonNumber('0')],
      ['key', jsonString(key)],
      ['value', value],
    ]),
  );
}

export function typeName({ kind }: JsonNode): string {
  return kind === 'true' || kind === 'false' ? 'boolean' : kind;
}

function test(node: PathNode, context: Context): Truth {
  switch (node.kind) {
    case 'and': {
      const left = test(node.left, context);
      if (left === false) return false;
      const right = test(node.right, context);
      return right === false ? false : left === undefined ? undefined : right;
    }
    case 'or': {
      const left = test(node.left, context);
      if (left === true) return true;
      const right = test(node.right, context);
      return right === true ? true : left === undefined ? undefined : right;
    }
    case 'not': {
      const truth = test(node.of, context);
      return truth === undefined ? undefined : !truth;
    }
    case 'is-unknown':
      return test(node.of, context) === undefined;
    case 'exists':
      return ifFound(() => evaluate(node.of, context).length > 0);
    case 'compare':
      return ifFound(() => {
        const rights = unwrapped(evaluate(node.right, context), context);
        return someOf(unwrapped(evaluate(node.left, context), context), context, (left) =>
          someOf(rights, context, (right) => compared(left, right, node.operator)),
        );
      });
    case 'starts-with':
      return ifFound(() => {
        const [prefix] = evaluate(node.prefix, context);
        return someOf(unwrapped(evaluate(node.of, context), context), context, (item) =>
          item.kind === 'string' && prefix?.kind === 'string'
            ? item.value.startsWith(prefix.value)
            : undefined,
        );
      });
    case 'like-regex': {
      const regex = compileRegex(
        node.pattern,
        node.flags.replaceAll('q', '') + (node.flags.includes('q') ? 'q' : ''),
      );
      return ifFound(() =>
        someOf(unwrapped(evaluate(node.of, context), context), context, (item) =>
          item.kind === 'string' ? regex.test(item.value) : undefined,
        ),
      );
    }
    default: {
      const [item] = evaluate(node, context);
      return item?.kind === 'true' ? true : item?.kind === 'false' ? false : undefined;
    }
  }
}

/** What fails inside a predicate makes it unknown. */
function ifFound(run: () => Truth): Truth {
  try {
    return run();
  } catch {
    return undefined;
  }
}

function someOf(
  items: readonly JsonNode[],
  { isLax }: Context,
  check: (item: JsonNode) => Truth,
): Truth {
  let isUnknown = false;
  let isFound = false;
  for (const item of items) {
    const truth = check(item);
    if (truth === undefined) {
      if (!isLax) return undefined;
      isUnknown = true;
    } else if (truth) {
      if (isLax) return true;
      isFound = true;
    }
  }
  return isFound ? true : isUnknown ? undefined : false;
}

function compared(left: JsonNode, right: JsonNode, operator: CompareOperator): Truth {
  if (typeName(left) !== typeName(right)) {
    // Null differs from all else.
    if (left.kind !== 'null' && right.kind !== 'null') return undefined;
    return operator === '!=';
  }
  let order: number;
  if (left.kind === 'number' && right.kind === 'number')
    order = compareNumbers(left.text, right.text);
  else if (left.kind === 'string' && right.kind === 'string') {
    order = Buffer.compare(Buffer.from(left.value), Buffer.from(right.value));
  } else if (left.kind === 'array' || left.kind === 'object') return undefined;
  else order = Number(left.kind === 'true') - Number(right.kind === 'true');
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}
