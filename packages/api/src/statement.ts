// The statement shapes of the HTTP API, decoded by hand: this runs for every request, so nothing is
// allocated beyond the result. schemas.ts describes the same shapes for documentation and clients; a
// test holds the two together.

import { PatinaError } from '@patina/engine/base/errors.ts';
import {
  int64Max,
  int64Min,
  type SqlParam,
  type SqlParams,
} from '@patina/engine/storage/sql-value.ts';
import { stringifyExactJson } from './exact-json.ts';

/** One SQL statement with the values for its parameters. */
export interface Statement {
  readonly sql: string;
  readonly params: SqlParams;
}

/** Statements of one transaction at most. */
export const statementsMax = 10_000;

/** Depth of JSON that is stored as text at most. */
export const jsonDepthMax = 64;

const noParams: readonly SqlParam[] = [];

/** Decodes the body of POST /v1/transactions; throws PATINA_BODY_INVALID naming the place. */
export function decodeStatements(body: unknown): Statement[] {
  if (!Array.isArray(body)) throw invalid('', 'an array of statements is expected');
  if (body.length > statementsMax) {
    throw invalid('', `a transaction has at most ${statementsMax} statements`);
  }
  const statements: Statement[] = [];
  for (let index = 0; index < body.length; index++) {
    const statement: unknown = body[index];
    statements.push(decodeAt(statement, `[${index}]`));
  }
  return statements;
}

/** Decodes the body of POST /v1/queries. */
export function decodeStatement(body: unknown): Statement {
  return decodeAt(body, '');
}

function decodeAt(value: unknown, path: string): Statement {
  if (typeof value === 'string') return { sql: value, params: noParams };
  if (Array.isArray(value)) return decodeTuple(value, path);
  if (typeof value !== 'object' || value === null) {
    throw invalid(path, 'a statement is a string, an array or an object');
  }
  return decodeObject(value, path);
}

function decodeTuple(value: readonly unknown[], path: string): Statement {
  const [sql, params] = value;
  if (typeof sql !== 'string') throw invalid(`${path}[0]`, 'the SQL text is expected first');
  if (value.length > 2) throw invalid(path, 'SQL text and one array or object of parameters');
  return { sql, params: decodeParams(params, `${path}[1]`) };
}

function decodeObject(value: object, path: string): Statement {
  const sql: unknown = 'query' in value ? value.query : undefined;
  const params: unknown = 'params' in value ? value.params : undefined;
  const named: unknown = 'named_params' in value ? value.named_params : undefined;
  if (typeof sql !== 'string') throw invalid(`${path}.query`, 'the SQL text is expected');
  if (isGiven(params) && isGiven(named)) {
    throw invalid(path, 'either params or named_params can be given');
  }
  if (isGiven(named)) {
    if (typeof named !== 'object' || Array.isArray(named)) {
      throw invalid(`${path}.named_params`, 'an object is expected');
    }
    return { sql, params: decodeNamed(named, `${path}.named_params`) };
  }
  if (isGiven(params) && !Array.isArray(params)) {
    throw invalid(`${path}.params`, 'an array is expected; named_params takes an object');
  }
  return { sql, params: decodeParams(params, `${path}.params`) };
}

function isGiven(value: unknown): value is NonNullable<unknown> {
  return value !== undefined && value !== null;
}

function decodeParams(value: unknown, path: string): SqlParams {
  if (!isGiven(value)) return noParams;
  if (Array.isArray(value)) return decodeList(value, path);
  if (typeof value !== 'object') throw invalid(path, 'an array or an object is expected');
  return decodeNamed(value, path);
}

function decodeList(value: readonly unknown[], path: string): SqlParam[] {
  const params: SqlParam[] = [];
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index];
    // The two kinds that need no work, and no path for an error, come first.
    if (typeof item === 'string' || typeof item === 'number') params.push(item);
    else params.push(decodeParam(item, `${path}[${index}]`));
  }
  return params;
}

function decodeNamed(value: object, path: string): ReadonlyMap<string, SqlParam> {
  const valueByName = new Map<string, SqlParam>();
  for (const [name, item] of Object.entries(value)) {
    valueByName.set(name, decodeParam(item, `${path}.${name}`));
  }
  return valueByName;
}

function decodeParam(value: unknown, path: string): SqlParam {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') return decodeInteger(value);
  if (Array.isArray(value)) return bytesOf(value) ?? jsonText(value, path);
  if (typeof value !== 'object') throw invalid(path, 'a value that SQL cannot hold');
  const base64 = base64Of(value);
  return base64 === undefined ? jsonText(value, path) : decodeBase64(base64, path);
}

/** Beyond 64 bits SQLite itself reads an integer as REAL. */
function decodeInteger(value: bigint): SqlParam {
  return value < int64Min || value > int64Max ? Number(value) : value;
}

/** The BLOB that an array of bytes stands for; undefined for any other array. */
function bytesOf(value: readonly unknown[]): Uint8Array | undefined {
  const bytes = new Uint8Array(value.length);
  for (let index = 0; index < value.length; index++) {
    const byte = value[index];
    if (typeof byte !== 'number' || (byte & 0xff) !== byte) return undefined;
    bytes[index] = byte;
  }
  return bytes;
}

/** The text of `{"blob": "…"}`; undefined for any other object. */
function base64Of(value: object): string | undefined {
  if (!('blob' in value) || typeof value.blob !== 'string') return undefined;
  return Object.keys(value).length === 1 ? value.blob : undefined;
}

const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/;

function decodeBase64(text: string, path: string): Uint8Array {
  if (!base64Pattern.test(text)) throw invalid(`${path}.blob`, 'base64 is expected');
  const bytes = Buffer.from(text, 'base64');
  // A length that no encoder produces was cut off somewhere.
  if (bytes.toString('base64').replaceAll('=', '') !== text.replaceAll('=', '')) {
    throw invalid(`${path}.blob`, 'complete base64 is expected');
  }
  return bytes;
}

function jsonText(value: object, path: string): string {
  if (isDeeperThan(value, jsonDepthMax)) {
    throw invalid(path, `JSON is stored up to ${jsonDepthMax} levels deep`);
  }
  return stringifyExactJson(value);
}

function isDeeperThan(value: unknown, depthMax: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depthMax === 0) return true;
  return Object.values(value).some((item) => isDeeperThan(item, depthMax - 1));
}

function invalid(path: string, message: string): PatinaError {
  const where = path === '' ? 'the body' : path;
  return new PatinaError('PATINA_BODY_INVALID', `${where}: ${message}`, {
    hint: 'a statement is "SQL", ["SQL", [values]], ["SQL", {":name": value}] or {"query": "SQL"}',
  });
}
