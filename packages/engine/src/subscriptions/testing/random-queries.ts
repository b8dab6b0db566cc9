// Random queries over the test database, in the shapes that the analysis tells apart, and random rows.

import { assert } from '../../base/assert.ts';
import type { Rng } from '../../base/rng.ts';

export function pick<T>(rng: Rng, items: readonly T[]): T {
  assert(items.length > 0, 'there is something to pick from');
  return items[rng.below(items.length)] as T;
}

function chance(rng: Rng, share: number): boolean {
  return rng.float() < share;
}

interface Alias {
  readonly name: string;
  readonly table: string;
}

const columns: Readonly<Record<string, readonly string[]>> = {
  a: ['id', 'x', 'y', 'z', 'u', 'twice'],
  b: ['id', 'aid', 'w', 'x'],
  c: ['p', 'q', 'bid', 'x'],
  d: ['k', 'x', 'y'],
};

const tables = Object.keys(columns);
const literals = ["'1'", "'b1'", "'B1'", "'k'", '1', '2', '0', '-1', '1.0', 'NULL', "x'01'"];
const comparisons = ['=', '=', '=', '<', '>=', '!=', 'IS', 'IS NOT'];

function columnOf(rng: Rng, aliases: readonly Alias[]): string {
  const { name, table } = pick(rng, aliases);
  return `${name}.${pick(rng, columns[table] ?? [])}`;
}

function condition(rng: Rng, aliases: readonly Alias[], depth: number): string {
  const column = (): string => columnOf(rng, aliases);
  const literal = (): string => pick(rng, literals);
  const inner = (): string => condition(rng, aliases, depth - 1);
  const simple: readonly (() => string)[] = [
    () => `${column()} ${pick(rng, comparisons)} ${literal()}`,
    () => `${column()} = ${literal()}`,
    () => `${literal()} = ${column()}`,
    () => `${column()} = ${column()}`,
    () => `${column()} IS NULL`,
    () => `${column()} IS NOT NULL`,
    () => `${column()} NOTNULL`,
    () => `${column()} LIKE ${pick(rng, ["'b%'", "'1'", "'%K'"])}`,
    () => `${column()} BETWEEN ${literal()} AND ${literal()}`,
    () => `${column()} ${pick(rng, ['', 'NOT '])}IN (${literal()}, ${literal()})`,
    () => `coalesce(${column()}, ${literal()}) = ${literal()}`,
    () => `${column()} + ${column()} > ${literal()}`,
    () => `typeof(${column()}) = 'text'`,
  ];
  const nested: readonly (() => string)[] = [
    () => `(${inner()} OR ${inner()})`,
    () => `NOT (${inner()})`,
    () => `(${inner()} AND ${inner()})`,
    () => `${column()} IN (SELECT x FROM ${pick(rng, tables)})`,
    () => `EXISTS (SELECT 1 FROM ${pick(rng, tables)} s WHERE s.x = ${column()})`,
    () => `CASE WHEN ${inner()} THEN ${literal()} ELSE ${column()} END`,
  ];
  return depth > 0 && chance(rng, 0.4) ? pick(rng, nested)() : pick(rng, simple)();
}

function conditions(rng: Rng, aliases: readonly Alias[]): string {
  const count = 1 + rng.below(3);
  const parts = Array.from({ length: count }, () => condition(rng, aliases, 2));
  return parts.join(pick(rng, [' AND ', ' AND ', ' OR ']));
}

/** Mostly conditions at random; now and then one that asks for rows that are not there. */
function filters(rng: Rng, aliases: readonly Alias[], absent: readonly Alias[]): string {
  if (absent.length === 0 || chance(rng, 0.7)) return conditions(rng, aliases);
  const column = columnOf(rng, chance(rng, 0.5) ? absent.slice(-1) : absent);
  return pick(rng, [
    `${column} IS NULL`,
    `${column} IS NULL AND ${condition(rng, aliases, 1)}`,
    `(${column} IS NULL OR ${condition(rng, aliases, 1)})`,
    `coalesce(${column}, 1) = 1`,
    `NOT EXISTS (SELECT 1 FROM ${pick(rng, tables)} s WHERE s.x = ${column})`,
  ]);
}

/** Columns of which many values meet. */
const joinable: readonly (readonly [string, string])[] = [
  ['a.id', 'b.aid'],
  ['a.id', 'c.p'],
  ['a.y', 'd.k'],
  ['b.id', 'c.bid'],
  ['b.id', 'd.k'],
  ['c.q', 'd.k'],
];

function joinEquality(rng: Rng, one: Alias, other: Alias): string {
  const near = joinable.flatMap(([left, right]) => {
    return [
      [left, right],
      [right, left],
    ].flatMap(([first = '', second = '']) => {
      const isThese = first.startsWith(`${one.table}.`) && second.startsWith(`${other.table}.`);
      return isThese ? [[first.slice(2), second.slice(2)] as const] : [];
    });
  });
  if (near.length > 0 && chance(rng, 0.5)) {
    const [mine, theirs] = pick(rng, near);
    return `${one.name}.${mine} = ${other.name}.${theirs}`;
  }
  if (chance(rng, 0.6)) return `${one.name}.x = ${other.name}.x`;
  return `${columnOf(rng, [one])} = ${columnOf(rng, [other])}`;
}

/** A source to join, the one before more often than others, so that there are chains. */
function earlierOf(rng: Rng, aliases: readonly Alias[]): Alias {
  return pick(rng, chance(rng, 0.5) ? aliases.slice(-1) : aliases);
}

interface From {
  readonly sql: string;
  readonly aliases: readonly Alias[];
  /** Those that a LEFT JOIN may leave empty. */
  readonly absent: readonly Alias[];
}

function from(rng: Rng): From {
  const count = pick(rng, [1, 1, 2, 2, 2, 3, 3, 4]);
  const aliases: Alias[] = [];
  const absent: Alias[] = [];
  let sql = '';
  for (let index = 0; index < count; index++) {
    const alias = { name: `t${index}`, table: pick(rng, tables) };
    aliases.push(alias);
    const named = `${chance(rng, 0.1) ? 'main.' : ''}${alias.table} ${chance(rng, 0.5) ? 'AS ' : ''}${alias.name}`;
    if (index === 0) {
      sql = named;
      continue;
    }
    const isLeft = chance(rng, 0.55);
    if (isLeft) absent.push(alias);
    if (!isLeft && chance(rng, 0.15)) {
      sql += pick(rng, [`, ${named}`, ` CROSS JOIN ${named}`]);
      continue;
    }
    const join = isLeft
      ? pick(rng, ['LEFT JOIN', 'LEFT OUTER JOIN'])
      : pick(rng, ['JOIN', 'INNER JOIN']);
    if (chance(rng, 0.15)) {
      sql += ` ${join} ${named} USING (x)`;
      continue;
    }
    if (chance(rng, 0.05)) {
      sql += ` NATURAL ${join} ${named}`;
      continue;
    }
    const equality = joinEquality(rng, alias, earlierOf(rng, aliases.slice(0, index)));
    const further = chance(rng, 0.3) ? ` AND ${condition(rng, aliases, 1)}` : '';
    sql += ` ${join} ${named} ON ${equality}${further}`;
  }
  return { sql, aliases, absent };
}

function cell(rng: Rng, aliases: readonly Alias[]): string {
  const column = columnOf(rng, aliases);
  return pick(rng, [
    column,
    column,
    column,
    `${column} || '!'`,
    `coalesce(${column}, 0) AS n${rng.below(3)}`,
    `(SELECT count(*) FROM c WHERE c.x = ${column})`,
    `typeof( ${column} )`,
    '7',
  ]);
}

function group(rng: Rng, aliases: readonly Alias[]): string {
  const column = columnOf(rng, aliases);
  return pick(rng, [
    column,
    column,
    column,
    `lower(${column})`,
    `${column} || ''`,
    `typeof(${column})`,
  ]);
}

function aggregate(rng: Rng, aliases: readonly Alias[]): string {
  const column = columnOf(rng, aliases);
  return pick(rng, [
    'count(*)',
    `count(${column})`,
    `count(DISTINCT ${column})`,
    `sum(${column})`,
    `max(${column})`,
    `min(${column})`,
    `total(${column}) FILTER (WHERE ${condition(rng, aliases, 0)})`,
    `group_concat(${column}, ',' ORDER BY ${column})`,
    `sum(${column}) + 1`,
  ]);
}

/** A SELECT of one of the shapes that are kept by keys or groups, or of one that is not. */
export function randomQuery(rng: Rng): string {
  const { sql, aliases, absent } = from(rng);
  const where = chance(rng, 0.7) ? ` WHERE ${filters(rng, aliases, absent)}` : '';
  const list = (): string => {
    if (chance(rng, 0.15)) return '*';
    if (chance(rng, 0.1)) return `${pick(rng, aliases).name}.*`;
    return Array.from({ length: 1 + rng.below(3) }, () => cell(rng, aliases)).join(', ');
  };
  const shape = rng.below(10);
  if (shape < 6) return `SELECT ${list()} FROM ${sql}${where}`;
  if (shape < 8) {
    const groups = Array.from({ length: 1 + rng.below(2) }, () => group(rng, aliases));
    const gathered = aggregate(rng, aliases);
    const further = chance(rng, 0.3) ? [pick(rng, [aggregate, columnOf])(rng, aliases)] : [];
    const having = chance(rng, 0.3) ? ` HAVING ${aggregate(rng, aliases)} > 1` : '';
    const names = chance(rng, 0.3) ? groups.map((_, index) => index + 1) : groups;
    return `SELECT ${[...groups, gathered, ...further].join(', ')} FROM ${sql}${where} GROUP BY ${names.join(', ')}${having}`;
  }
  if (shape === 8) {
    return `SELECT DISTINCT ${group(rng, aliases)}, ${group(rng, aliases)} FROM ${sql}${where}`;
  }
  const order = pick(rng, ['1', columnOf(rng, aliases), '1 DESC']);
  return pick(rng, [
    `SELECT ${list()} FROM ${sql}${where} ORDER BY ${order}`,
    `SELECT count(*) FROM ${sql}${where}`,
    `SELECT x FROM a UNION SELECT x FROM b`,
    `SELECT max(${columnOf(rng, aliases)}) FROM ${sql}${where}`,
  ]);
}

/** Values that collide, in the ways that affinities and collations make equal. */
const values: Readonly<Record<string, readonly unknown[]>> = {
  'a.id': [1n, 2n, 3n, 4n],
  'b.id': ['b1', 'B1', '1', '2'],
  'b.aid': [1n, 2n, 3n, null],
  'b.w': [1n, 0.5, 2.25, null],
  'c.p': [1n, 2n],
  'c.q': ['k', 'K', '1'],
  'c.bid': ['b1', 'B1', '1', null],
  'd.k': ['k', 'K', '1', 'b1'],
  text: ['1', 'b1', 'B1', 'k', null, ''],
  number: [0n, 1n, 2n, -1n, null, 1.5, 'b1'],
  anything: [1n, 1, '1', 'b1', null, Buffer.from([1])],
};

const kindOfColumn: Readonly<Record<string, string>> = { y: 'text', z: 'text', u: 'anything' };

export function randomValue(rng: Rng, table: string, column: string): unknown {
  const own = values[`${table}.${column}`];
  return pick(rng, own ?? values[kindOfColumn[column] ?? 'number'] ?? []);
}

/** Columns that can be written, keys first. */
export const written: Readonly<
  Record<string, { key: readonly string[]; other: readonly string[] }>
> = {
  a: { key: ['id'], other: ['x', 'y', 'z', 'u'] },
  b: { key: ['id'], other: ['aid', 'w', 'x'] },
  c: { key: ['q', 'p'], other: ['bid', 'x'] },
  d: { key: ['k'], other: ['x', 'y'] },
};
