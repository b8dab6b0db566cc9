// Rows of pg_language that every database has. Made by generate.ts; do not edit.

/** Rows as JSON arrays, one per line. */
export const languageRows = `
[12, "internal", 10, 0, 0, 0, 0, 2246, null]
[13, "c", 10, 0, 0, 0, 0, 2247, null]
[14, "sql", 10, 0, 1, 0, 0, 2248, null]
[13563, "plpgsql", 10, 1, 1, 13560, 13561, 13562, null]
`;
