// Writes the data files beside it from a real PostgreSQL 15, found by PGHOST, PGPORT and PGUSER:
// the columns of all relations of pg_catalog and information_schema, and the rows that every database has.
// Run with: node packages/pg/src/catalog/data/generate.ts

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** One row per line, so that a difference between releases can be read. */
const relationsSql = `
  SELECT json_build_array(n.nspname, c.oid::int8, c.relname, c.relkind::text, json_agg(
    CASE WHEN a.attnotnull THEN a.attname || '!' ELSE a.attname END
    || ':' || CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END ORDER BY a.attnum))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  JOIN pg_type t ON t.oid = a.atttypid
  WHERE c.relkind IN ('r', 'v') AND n.nspname IN ('pg_catalog', 'information_schema')
  GROUP BY n.nspname, c.oid, c.relname, c.relkind ORDER BY n.nspname DESC, c.relname`;

/** Types that a relation of the catalog or a user's column can have; row types are left out. */
const knownType = `typrelid = 0 AND typnamespace = 11 AND typtype <> 'd'
  AND (typelem = 0 OR typelem NOT IN (SELECT oid FROM pg_type WHERE typrelid <> 0))`;
const typeInputs = `SELECT typinput FROM pg_type UNION SELECT typoutput FROM pg_type
  UNION SELECT typreceive FROM pg_type UNION SELECT typsend FROM pg_type
  UNION SELECT typmodin FROM pg_type UNION SELECT typmodout FROM pg_type`;
/** Types of the operators that are listed. */
const plainTypes =
  '(0, 16, 17, 20, 21, 23, 25, 700, 701, 1082, 1083, 1114, 1184, 1186, 1700, 2950, 3802, 2277)';

/** Which rows of which tables are the same in every database. */
const tables: Readonly<Record<string, string>> = {
  pg_am: 'true',
  pg_cast: `castsource IN (SELECT oid FROM pg_type WHERE ${knownType})`,
  pg_collation: "collname IN ('default', 'C', 'POSIX', 'ucs_basic')",
  pg_language: 'true',
  pg_opclass: 'true',
  pg_opfamily: 'true',
  pg_operator: `oprleft IN ${plainTypes} AND oprright IN ${plainTypes}`,
  pg_proc: `oid IN (${typeInputs}) OR prokind IN ('a', 'w') AND pronamespace = 11`,
  pg_range: 'true',
  pg_type: knownType,
};

function ask(sql: string): string {
  return execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', sql], { encoding: 'utf8' });
}

/** An expression for a column's value as JSON, in the form that the catalog keeps it. */
function valueSql(column: string, type: string): string {
  if (type === 'bool') return `${column}::int`;
  if (type === 'int2vector') return `${column}::int2[]`;
  if (type === 'oidvector') return `${column}::oid[]::int8[]`;
  if (type === '_oid') return `${column}::int8[]`;
  if (/^(oid|reg\w+|xid|cid)$/.test(type)) return `${column}::oid::int8`;
  if (/^(int2|int4|int8|float4|_\w+)$/.test(type)) return column;
  return `${column}::text`;
}

function write(file: string, name: string, what: string, rows: string): void {
  const text = `// ${what} Made by generate.ts; do not edit.\n\n/** Rows as JSON arrays, one per line. */\nexport const ${name} = \`\n${rows.trimEnd().replaceAll('\\', '\\\\')}\n\`;\n`;
  writeFileSync(new URL(file, import.meta.url), text);
}

write(
  './relations.ts',
  'catalogRelations',
  "PostgreSQL's system relations: schema, oid, name, kind, and columns with the oids of their types.",
  ask(relationsSql),
);
for (const [table, condition] of Object.entries(tables)) {
  const columns = ask(
    `SELECT attname || ' ' || typname FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
     WHERE attrelid = '${table}'::regclass AND attnum > 0 ORDER BY attnum`,
  )
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const values = columns.map(([column = '', type = '']) => {
    return column === 'pronargs' ? column : valueSql(column, type);
  });
  const rows = ask(
    `SELECT json_build_array(${values.join(', ')}) FROM ${table} WHERE ${condition} ORDER BY oid`.replace(
      'FROM pg_range WHERE true ORDER BY oid',
      'FROM pg_range ORDER BY rngtypid',
    ),
  );
  const name = `${table.slice(3)}Rows`;
  write(
    `./${table.replaceAll('_', '-')}.ts`,
    name,
    `Rows of ${table} that every database has.`,
    rows,
  );
}
