// Statements as they are decoded by hand, held against the schemas that describe them.

import { PatinaError } from '@patina/engine/base/errors.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExactJson, stringifyExactJson } from './exact-json.ts';
import { statementSchema, transactionRequestSchema } from './schemas.ts';
import { decodeStatement, decodeStatements, statementsMax } from './statement.ts';

const params = (statement: unknown) => decodeStatement(statement).params;

describe('statements', () => {
  test('every shape', () => {
    expect(decodeStatement('SELECT 1')).toEqual({ sql: 'SELECT 1', params: [] });
    expect(decodeStatement(['S'])).toEqual({ sql: 'S', params: [] });
    expect(decodeStatement(['S', null])).toEqual({ sql: 'S', params: [] });
    expect(decodeStatement(['S', [1, 'a']])).toEqual({ sql: 'S', params: [1, 'a'] });
    expect(decodeStatement({ query: 'S' })).toEqual({ sql: 'S', params: [] });
    expect(decodeStatement({ query: 'S', params: [1], other: 2 }).params).toEqual([1]);
    const named = new Map([[':a', 1]]);
    expect(decodeStatement(['S', { ':a': 1 }]).params).toEqual(named);
    expect(decodeStatement({ query: 'S', named_params: { ':a': 1 } }).params).toEqual(named);
  });

  test('names of prototypes are names like others', () => {
    const text = '["S", {"__proto__": 1, "constructor": 2}]';
    expect(params(JSON.parse(text))).toEqual(
      new Map([
        ['__proto__', 1],
        ['constructor', 2],
      ]),
    );
  });

  test('values', () => {
    expect(params(['S', [true, false, null, 1.5, '', 2n ** 63n - 1n]])).toEqual([
      ...[1, 0, null, 1.5, '', 2n ** 63n - 1n],
    ]);
    expect(params(['S', [2n ** 63n, -(2n ** 70n)]])).toEqual([2 ** 63, -(2 ** 70)]);
    expect(params(['S', [[], [0, 255], { blob: 'AQI=' }, { blob: 'AQI' }]])).toEqual([
      new Uint8Array([]),
      new Uint8Array([0, 255]),
      Buffer.from([1, 2]),
      Buffer.from([1, 2]),
    ]);
    const texts = [[-1], [256], [1.5], ['x'], { a: [2n ** 60n] }, { blob: 'AQI=', more: 1 }];
    expect(params(['S', texts])).toEqual([
      ...['[-1]', '[256]', '[1.5]', '["x"]', '{"a":[1152921504606846976]}'],
      '{"blob":"AQI=","more":1}',
    ]);
  });

  test('limits', () => {
    const many = new Array(statementsMax).fill('SELECT 1');
    expect(decodeStatements(many)).toHaveLength(statementsMax);
    expect(() => decodeStatements([...many, 'SELECT 1'])).toThrow(/at most 10000 statements/);
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = { deep };
    expect(() => params(['S', [deep]])).toThrow(/64 levels/);
  });

  test('what is decoded is exactly what the schemas describe', () => {
    const key = fc.constantFrom('query', 'params', 'named_params', ':a', '__proto__', 'x');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>('SELECT 1', null, true, 7, 1.5, 2n ** 60n),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    const accepts = (decode: () => unknown): boolean => {
      try {
        decode();
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(PatinaError);
        expect(error).toMatchObject({ code: 'PATINA_BODY_INVALID' });
        return false;
      }
    };
    let accepted = 0;
    fc.assert(
      fc.property(tree, (body) => {
        const one = accepts(() => decodeStatement(body));
        expect(one).toBe(statementSchema.safeParse(body).success);
        if (one) accepted++;
        const all = accepts(() => decodeStatements([body, body].flat()));
        expect(all).toBe(transactionRequestSchema.safeParse([body, body].flat()).success);
      }),
      { numRuns: 5_000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

describe('exact JSON', () => {
  test('keeps long integers, and leaves all else to JSON', () => {
    const text = '{"a":[9007199254740993,-9223372036854775808,1.25,1e3,"12345678901234567890"]}';
    expect(parseExactJson(text)).toEqual({
      a: [9007199254740993n, -9223372036854775808n, 1.25, 1000, '12345678901234567890'],
    });
    expect(parseExactJson('[0.12345678901234567890, 1e30]')).toEqual([0.12345678901234568, 1e30]);
    expect(() => parseExactJson('[12345678901234567890')).toThrow(SyntaxError);
  });

  test('what was written reads the same', () => {
    const tree = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(null, true, false),
        fc.string(),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true }),
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).tree;
    fc.assert(
      fc.property(tree, (value) => {
        expect(parseExactJson(stringifyExactJson(value))).toEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });
});
