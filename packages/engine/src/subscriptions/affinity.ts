// Which affinity the declared type of a column gives it (SQLite, "Datatypes", section 3.1).

export type Affinity = 'BLOB' | 'INTEGER' | 'NUMERIC' | 'REAL' | 'TEXT';

/** ANY has no affinity in STRICT tables; elsewhere it is NUMERIC, for which the same care is right. */
export function affinityOf(type: string): Affinity {
  const upper = type.toUpperCase();
  if (upper.includes('INT')) return 'INTEGER';
  if (/CHAR|CLOB|TEXT/.test(upper)) return 'TEXT';
  if (upper === '' || upper === 'ANY' || upper.includes('BLOB')) return 'BLOB';
  if (/REAL|FLOA|DOUB/.test(upper)) return 'REAL';
  return 'NUMERIC';
}
