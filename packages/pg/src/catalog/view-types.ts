// The types of a view's columns, kept as a comment in its text: SQLite keeps only those of plain columns.

import type { PgType } from '../types/oids.ts';

/** `/* types: 20, 1043:14 *\/`: object ids, with modifiers where there are any. */
export function viewTypesComment(types: readonly PgType[]): string {
  const list = types.map(({ oid, typmod }) => (typmod < 0 ? `${oid}` : `${oid}:${typmod}`));
  return `/* types: ${list.join(', ')} */`;
}

/** The types that the text of a view notes; undefined where it was not made by Patina. */
export function readViewTypes(sql: string): readonly PgType[] | undefined {
  const [, list] = /^[^;]*?\bAS \/\* types: ([\d:, ]*) \*\//i.exec(sql) ?? [];
  return list?.split(', ').map((item) => {
    const [oid, typmod] = item.split(':');
    return { oid: Number(oid), typmod: typmod === undefined ? -1 : Number(typmod) };
  });
}
