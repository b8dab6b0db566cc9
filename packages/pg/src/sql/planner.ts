// Plans statements: parses them, finds who is to translate them, has the result vetted, and keeps plans for
// as long as the schema and the settings that they depend on stay the same.

import type { Node } from 'libpg-query';
import { asPgError, PgError } from '../pg-error.ts';
import type { SchemaView } from '../schema-view.ts';
import type { Oid } from '../types/oids.ts';
import { planExtended } from '../utility/plan-extended.ts';
import type { PlanTools } from '../utility/plan-tools.ts';
import { planUtility } from '../utility/plan-utility.ts';
import { translateDelete, translateTruncate } from './delete.ts';
import { exprOf } from './expr.ts';
import { translateExpr } from './expressions.ts';
import { translateInsert } from './insert.ts';
import { notifyCall } from './notify-call.ts';
import { parseScript, positionIn, type SourcedStatement } from './parse.ts';
import type {
  ParsedStatement,
  Planned,
  PlannedQuery,
  PlannedWrite,
  Planner,
  PlanOptions,
  ResultColumn,
} from './planned.ts';
import { planSchemaChange } from './schema-change/plan-schema-change.ts';
import { translateQuery } from './select.ts';
import { setConfigCall } from './set-config-call.ts';
import { planSqlite } from './sqlite-dialect.ts';
import { type QueryColumn, Translation, type TranslationParts } from './translation.ts';
import { resolveTypeName, typeIds } from './type-catalog.ts';
import { translateUpdate } from './update.ts';

/** What SQLite says of a statement on a clone of the schema. */
export interface VettedSql {
  readonly tablesRead: readonly string[];
  readonly tablesWritten: readonly string[];
  readonly readOnly: boolean;
  readonly columns: readonly string[];
  /** Declared types of the columns that its columns come from; undefined for expressions. */
  readonly declaredTypes?: readonly (string | undefined)[];
  readonly readsAttached?: boolean;
}

export interface PlannerOptions {
  readonly schema: () => SchemaView;
  readonly vet: (sql: string, mode: 'read' | 'write') => VettedSql;
}

/** Query strings that are kept parsed, up to which length each, and plans that are kept for one statement. */
const parsedMax = 2_000;
const parsedCharactersMax = 20_000;
const variantsMax = 8;

const parts: TranslationParts = { expr: translateExpr, query: translateQuery };

interface Variant {
  readonly paramTypes: readonly Oid[];
  readonly schemaVersion: number;
  readonly settings: readonly (readonly [string, string | undefined])[];
  readonly planned: Planned;
}

/** Creates a planner; libpg-query's module must be loaded before it is used. */
export function createPlanner(options: PlannerOptions): Planner {
  const parsed = new Map<string, readonly SourcedStatement[]>();
  const variantsByStatement = new WeakMap<ParsedStatement, Variant[]>();

  function parse(text: string): readonly SourcedStatement[] {
    const known = parsed.get(text);
    if (known !== undefined) return known;
    const statements = parseScript(text);
    if (text.length <= parsedCharactersMax) {
      if (parsed.size >= parsedMax) parsed.delete(parsed.keys().next().value ?? '');
      parsed.set(text, statements);
    }
    return statements;
  }

  function plan(statement: ParsedStatement, planOptions: PlanOptions): Planned {
    const schema = options.schema();
    const variants = variantsByStatement.get(statement) ?? [];
    const kept = variants.find((one) => holds(one, schema.version, planOptions));
    if (kept !== undefined) return kept.planned;
    const work = new StatementPlanning(options, schema, sourcedOf(statement), planOptions);
    const planned = work.plan();
    if (planned.kind === 'query' || planned.kind === 'write') {
      const variant: Variant = {
        paramTypes: planOptions.paramTypes,
        schemaVersion: schema.version,
        settings: [...work.settingsUsed],
        planned,
      };
      variantsByStatement.set(statement, [variant, ...variants].slice(0, variantsMax));
    }
    return planned;
  }

  return { parse, plan };
}

function holds(variant: Variant, schemaVersion: number, options: PlanOptions): boolean {
  if (variant.schemaVersion !== schemaVersion) return false;
  if (variant.paramTypes.length !== options.paramTypes.length) return false;
  if (variant.paramTypes.some((type, index) => type !== options.paramTypes[index])) return false;
  return variant.settings.every(([name, value]) => options.setting(name) === value);
}

/** A statement that someone else may have put together has its own text as the query string. */
function sourcedOf(statement: ParsedStatement): SourcedStatement {
  if ('startCharacters' in statement) return statement as SourcedStatement;
  const [own] = parseScript(statement.text);
  if (own === undefined) throw new PgError('42601', 'the statement is empty');
  return own;
}

class StatementPlanning {
  readonly settingsUsed = new Map<string, string | undefined>();
  readonly #options: PlannerOptions;
  readonly #schema: SchemaView;
  readonly #statement: SourcedStatement;
  readonly #planOptions: PlanOptions;

  constructor(
    options: PlannerOptions,
    schema: SchemaView,
    statement: SourcedStatement,
    planOptions: PlanOptions,
  ) {
    this.#options = options;
    this.#schema = schema;
    this.#statement = statement;
    this.#planOptions = planOptions;
  }

  plan(): Planned {
    const { node, text } = this.#statement;
    if (node === undefined) return this.#unparsed();
    const own = this.#planRows(node, text);
    if (own !== undefined) return own;
    const tools = this.#tools();
    const planned = planSchemaChange(node, text, tools) ?? planUtility(node, text, tools);
    if (planned === undefined) throw new PgError('0A000', `${commandName(node)} is not supported`);
    return planned;
  }

  #unparsed(): Planned {
    const extended = planExtended(this.#statement.text, this.#tools());
    if (extended !== undefined) return extended;
    return planSqlite(
      this.#statement.text,
      this.#statement.refusal,
      this.#planOptions.paramTypes,
      this.#options.vet,
    );
  }

  #tools(): PlanTools {
    const positionOf = (location: number | undefined): number | undefined =>
      this.#position(location, this.#statement.text);
    return {
      schema: this.#schema,
      positionOf,
      resolveType: (name) => resolveTypeName(name, positionOf),
      planInner: (node, text) => {
        const planned = this.#planRows(node, text);
        if (planned === undefined)
          throw new PgError('0A000', `${commandName(node)} is not supported here`);
        return planned;
      },
    };
  }

  #position(location: number | undefined, text: string): number | undefined {
    const { startCharacters } = this.#statement;
    if (text === this.#statement.text) return positionIn(text, startCharacters, location);
    const at = this.#statement.text.indexOf(text);
    return at < 0
      ? undefined
      : positionIn(text, startCharacters + [...this.#statement.text.slice(0, at)].length, location);
  }

  /** Queries and writes; undefined for everything else. */
  #planRows(node: Node, text: string): PlannedQuery | PlannedWrite | undefined {
    const t = new Translation({
      schema: this.#schema,
      paramTypes: this.#planOptions.paramTypes,
      setting: this.#planOptions.setting,
      positionOf: (location) => this.#position(location, text),
      parts,
    });
    const planned = this.#translate(t, node);
    for (const [name, value] of t.settingsUsed) this.settingsUsed.set(name, value);
    return planned;
  }

  #translate(t: Translation, node: Node): PlannedQuery | PlannedWrite | undefined {
    if ('SelectStmt' in node) {
      const call = notifyCall(t, node.SelectStmt);
      if (call !== undefined) {
        const value = exprOf("''", typeIds.text);
        const columns = [{ name: 'pg_notify', value }];
        return { ...this.#query(t, call.sql, columns), notify: call.notify };
      }
      const config = setConfigCall(t, node.SelectStmt);
      if (config !== undefined) {
        const columns = [{ name: config.column, value: exprOf("''", typeIds.text) }];
        return { ...this.#query(t, config.sql, columns), setting: config.setting };
      }
      const query = t.query(undefined, node.SelectStmt);
      const sql = query.render({ targets: undefined, mode: 'implicit', names: undefined });
      return this.#query(t, withShownNames(sql, query.columns), query.columns);
    }
    t.isWrite = true;
    if ('InsertStmt' in node) return this.#write(t, 'INSERT', translateInsert(t, node.InsertStmt));
    if ('UpdateStmt' in node) return this.#write(t, 'UPDATE', translateUpdate(t, node.UpdateStmt));
    if ('DeleteStmt' in node) return this.#write(t, 'DELETE', translateDelete(t, node.DeleteStmt));
    if ('TruncateStmt' in node)
      return this.#write(t, 'TRUNCATE TABLE', translateTruncate(t, node.TruncateStmt));
    if ('MergeStmt' in node) throw t.unsupported('MERGE');
    return undefined;
  }

  #query(t: Translation, sql: string, columns: readonly QueryColumn[]): PlannedQuery {
    const vetted = this.#vet(sql, 'read');
    return {
      kind: 'query',
      sql,
      params: settledParams(t),
      columns: columns.map(resultColumn),
      tablesRead: vetted.tablesRead,
      notices: [...t.notices],
      readsCatalog: t.readsCatalog || vetted.readsAttached === true,
    };
  }

  #write(
    t: Translation,
    tag: PlannedWrite['tag'],
    write: {
      readonly sql: string;
      readonly columns: readonly QueryColumn[];
      readonly before?: readonly string[];
    },
  ): PlannedWrite {
    const vetted = this.#vet(write.sql, 'write');
    const before = write.before ?? [];
    const vettedBefore = before.map((sql) => this.#vet(sql, 'write'));
    return {
      kind: 'write',
      tag,
      sql: write.sql,
      params: settledParams(t),
      columns: write.columns.map(resultColumn),
      tablesRead: vetted.tablesRead,
      tablesWritten: [vetted, ...vettedBefore].flatMap(({ tablesWritten }) => tablesWritten),
      ...(before.length === 0 ? {} : { before }),
      notices: [...t.notices],
    };
  }

  #vet(sql: string, mode: 'read' | 'write'): VettedSql {
    try {
      return this.#options.vet(sql, mode);
    } catch (error) {
      throw asPgError(error);
    }
  }
}

/** What writes values of these types as clients see them: by the names that the object ids stand for. */
const nameWriters: ReadonlyMap<Oid, string> = new Map([
  [2205, 'pg_regclass_text'],
  [2206, 'pg_regtype_text'],
  [24, 'pg_regproc_text'],
  [2202, 'pg_regprocedure_text'],
  [2203, 'pg_regoper_text'],
  [2204, 'pg_regoperator_text'],
  [4089, 'pg_regnamespace_text'],
  [4096, 'pg_regrole_text'],
]);

/** The rows of a query with the names of objects instead of their ids. */
function withShownNames(sql: string, columns: readonly QueryColumn[]): string {
  if (!columns.some(({ value }) => nameWriters.has(value.type))) return sql;
  const names = columns.map((_, index) => `"c${index + 1}"`);
  const shown = columns.map(({ value }, index) => {
    const writer = nameWriters.get(value.type);
    return writer === undefined ? names[index] : `${writer}(${names[index]})`;
  });
  return `WITH "shown"(${names.join(', ')}) AS (${sql}) SELECT ${shown.join(', ')} FROM "shown"`;
}

function settledParams(t: Translation): Oid[] {
  const missing = t.params.findIndex((type) => type === 0 || type === typeIds.unknown);
  if (missing >= 0) {
    throw new PgError('42P18', `could not determine data type of parameter $${missing + 1}`);
  }
  return t.params;
}

function resultColumn(column: QueryColumn): ResultColumn {
  const { value } = column;
  const type =
    value.type === typeIds.unknown || value.type === typeIds.record ? typeIds.text : value.type;
  return {
    name: column.name,
    type: { oid: type, typmod: value.typmod },
    tableOid: value.tableOid,
    columnNumber: value.columnNumber,
  };
}

/** CREATE FUNCTION from CreateFunctionStmt. */
function commandName(node: Node): string {
  const kind = (Object.keys(node)[0] ?? 'statement').replace(/Stmt$/, '');
  return kind.replace(/([a-z])([A-Z])/g, '$1 $2').toUpperCase();
}
