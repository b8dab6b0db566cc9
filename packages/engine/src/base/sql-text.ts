// Text of SQL: how names are written in it.

/** Longest name of a table or column that travels between nodes, UTF-8 bytes. */
export const nameBytesMax = 1_024;

/** Quotes an identifier for SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
