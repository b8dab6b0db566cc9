// What a CRDT cannot keep is refused, with the reason and the way out.

import { nameBytesMax } from '../base/sql-text.ts';
import type { TableFacts } from './facts.ts';

/** Why a table cannot be replicated. */
export interface SchemaProblem {
  readonly table: string;
  readonly message: string;
  readonly hint: string;
}

/** All reasons against replicating the table; empty when it can be. */
export function schemaProblems(table: TableFacts): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const add = (message: string, hint: string): void => {
    problems.push({ table: table.name, message, hint });
  };
  if (table.kind !== 'table') {
    add(`'${table.name}' is a virtual table`, 'Replicate its source as an ordinary table.');
    return problems;
  }
  if (/^(__patina_|patina_|sqlite_)/i.test(table.name)) {
    add(`the name '${table.name}' is reserved`, 'Names do not begin with patina_ or sqlite_.');
  }
  for (const { name } of [table, ...table.columns]) {
    if (Buffer.byteLength(name) <= nameBytesMax) continue;
    add(`the name '${name.slice(0, 40)}…' is too long`, `Names take up to ${nameBytesMax} bytes.`);
  }
  keyProblems(table, add);
  for (const column of table.columns) {
    if (column.keyPosition > 0 || column.generated || !column.notNull) continue;
    if (column.defaultSql !== undefined && !/^\(?\s*null\s*\)?$/i.test(column.defaultSql)) continue;
    add(
      `column '${column.name}' of table '${table.name}' is NOT NULL and has no default`,
      'Give it a DEFAULT: a row may arrive before its column does.',
    );
  }
  for (const index of table.indexes) {
    if (!index.unique || index.origin === 'key') continue;
    add(
      `table '${table.name}' has a UNIQUE index or constraint beyond its primary key ('${index.name}')`,
      'Two nodes cannot both keep it while cut off: make the column the primary key, or drop UNIQUE.',
    );
  }
  if (table.autoincrement) {
    add(
      `table '${table.name}' uses AUTOINCREMENT`,
      'Two nodes would give out the same numbers: use random or time-ordered keys (uuid).',
    );
  }
  if (/\bon\s+conflict\s+(fail|rollback)\b/i.test(table.sql)) {
    add(
      `table '${table.name}' has a constraint with ON CONFLICT FAIL or ROLLBACK`,
      'Leave the clause out: transactions of several clients share a commit, and each fails alone.',
    );
  }
  return problems;
}

function keyProblems(table: TableFacts, add: (message: string, hint: string) => void): void {
  const key = table.columns.filter(({ keyPosition }) => keyPosition > 0);
  if (key.length === 0) {
    add(`table '${table.name}' has no primary key`, 'Declare a PRIMARY KEY: rows merge by it.');
    return;
  }
  const keyIndex = table.indexes.find(({ origin }) => origin === 'key');
  const isRowid = keyIndex === undefined && key.length === 1 && !table.withoutRowid;
  for (const column of key) {
    if (column.notNull || isRowid || table.withoutRowid || table.strict) continue;
    add(
      `primary key column '${column.name}' of table '${table.name}' may be NULL`,
      'Declare it NOT NULL.',
    );
  }
  // Where the key names no collation its index has those of the columns; where it does, a column may have
  // another one, by which `=` would take two keys for one.
  const isNamed = keyCollation.test(table.sql);
  const isOther = keyIndex?.collations.some((name) => name.toUpperCase() !== 'BINARY') === true;
  if (isNamed || isOther) {
    add(
      `the primary key of table '${table.name}' has a collation of its own`,
      'Use the collation in an index or a query instead: two spellings would be one key.',
    );
  }
}

const keyCollation = /\bprimary\s+key\s*\([^)]*\bcollate\b/i;
