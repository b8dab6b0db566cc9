// Rows of pg_collation that every database has. Made by generate.ts; do not edit.

/** Rows as JSON arrays, one per line. */
export const collationRows = `
[100, "default", 11, 10, "d", 1, -1, null, null, null, null]
[950, "C", 11, 10, "c", 1, -1, "C", "C", null, null]
[951, "POSIX", 11, 10, "c", 1, -1, "POSIX", "POSIX", null, null]
[12340, "ucs_basic", 11, 10, "c", 1, 6, "C", "C", null, null]
`;
