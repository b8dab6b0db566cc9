// The tables that simulated clients write to. Each serves a check: rows of `atomic` are only written all
// together, rows of `ledger` only once, and the others are fought over.

/** Groups of `atomic` whose transactions are small; their rows are written all or none. */
export const smallGroups = [2, 3, 5, 8] as const;

/** Rows of each large group: with their padding, transactions of many chunks. */
export const largeGroupRows = 420;

/** Number of the first large group, and how many there are. */
export const largeGroupFirst = 100;
export const largeGroupCount = 2;

/** Characters of padding in each row of a large group. */
export const largeRowPadding = 420;

/** Keys that are fought over in each contended table. */
export const hotKeys = 8;

export const simSchema = `
CREATE TABLE atomic (
  grp INTEGER NOT NULL, item INTEGER NOT NULL, token TEXT, copy TEXT, PRIMARY KEY (grp, item)
);
CREATE TABLE ledger (id TEXT NOT NULL PRIMARY KEY, node INTEGER, note TEXT);
CREATE TABLE hot (id INTEGER PRIMARY KEY, name TEXT, amount, data BLOB, note TEXT);
CREATE TABLE words (
  word TEXT NOT NULL, part INTEGER NOT NULL, v, w, PRIMARY KEY (word, part)
) WITHOUT ROWID;
CREATE TABLE blobs (k BLOB NOT NULL PRIMARY KEY, v INTEGER);
CREATE TABLE pairs (a INTEGER NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b));
CREATE TABLE strict_one (k TEXT NOT NULL PRIMARY KEY, n INTEGER, r REAL, t TEXT, b BLOB) STRICT;
CREATE INDEX hot_name ON hot (name);
`;

/** Tables whose rows are deleted and inserted again under the same keys. */
export const contendedTables = ['hot', 'words', 'blobs', 'pairs', 'strict_one', 'atomic'] as const;

/** All tables, each with the number of its key columns. */
export const keyWidths: Readonly<Record<string, number>> = {
  atomic: 2,
  ledger: 1,
  hot: 1,
  words: 2,
  blobs: 1,
  pairs: 2,
  strict_one: 1,
};
