// Patina's own tables in the user's database file. They are changed in the same transactions as the
// data, so that what we know and what we have can never disagree.

/** Format of the internal tables; a file with a greater number was written by a newer Patina. */
export const internalFormat = 2;

export const internalSchemaSql: readonly string[] = [
  // One row that the capture triggers read: which version is open, and the clock of its changes.
  `CREATE TABLE IF NOT EXISTS __patina_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    format INTEGER NOT NULL,
    actor INTEGER NOT NULL,
    version INTEGER NOT NULL,
    hlc INTEGER NOT NULL,
    seq_base INTEGER NOT NULL,
    applying INTEGER NOT NULL
  )`,
  // Clock rows name actors by small numbers; 0 is nobody.
  `CREATE TABLE IF NOT EXISTS __patina_actors (ordinal INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE)`,
  `CREATE TABLE IF NOT EXISTS __patina_heads (actor INTEGER PRIMARY KEY, head INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS __patina_gaps (
    actor INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, PRIMARY KEY (actor, start)
  ) WITHOUT ROWID`,
  // Chunks of versions that are not complete yet.
  `CREATE TABLE IF NOT EXISTS __patina_partials (
    actor INTEGER NOT NULL, version INTEGER NOT NULL, start_seq INTEGER NOT NULL,
    end_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (actor, version, start_seq, end_seq)
  )`,
  // Whole versions that cannot be applied yet, with the reason and, for clocks ahead, the time.
  `CREATE TABLE IF NOT EXISTS __patina_quarantine (
    actor INTEGER NOT NULL, version INTEGER NOT NULL, start_seq INTEGER NOT NULL,
    reason TEXT NOT NULL, message TEXT NOT NULL, since_ms INTEGER NOT NULL, retry_at_ms INTEGER,
    bytes BLOB NOT NULL, PRIMARY KEY (actor, version, start_seq)
  )`,
  // Looked at every second; the table itself may be large.
  `CREATE INDEX IF NOT EXISTS __patina_quarantine_due ON __patina_quarantine (retry_at_ms)
    WHERE retry_at_ms IS NOT NULL`,
  `CREATE TABLE IF NOT EXISTS __patina_columns (
    tbl TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (tbl, id), UNIQUE (tbl, name)
  ) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS __patina_tables (name TEXT PRIMARY KEY) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS __patina_members (
    actor_id TEXT PRIMARY KEY, address TEXT NOT NULL, state TEXT NOT NULL, incarnation INTEGER NOT NULL,
    rtt_ms REAL, ring INTEGER, updated_ms INTEGER NOT NULL
  ) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS __patina_lag (
    actor_id TEXT PRIMARY KEY, head INTEGER NOT NULL, versions INTEGER NOT NULL, ms REAL NOT NULL,
    updated_ms INTEGER NOT NULL
  ) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS __patina_subscriptions (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL, sql TEXT NOT NULL, mode TEXT NOT NULL, state TEXT NOT NULL,
    subscribers INTEGER NOT NULL, rows INTEGER NOT NULL, change_id INTEGER NOT NULL,
    evaluations INTEGER NOT NULL, evaluation_ms REAL NOT NULL, cost_ms_per_second REAL NOT NULL,
    lagged INTEGER NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL
  ) WITHOUT ROWID`,
  // A ring: the slot is the running number modulo its size.
  `CREATE TABLE IF NOT EXISTS __patina_conflicts (
    slot INTEGER PRIMARY KEY, number INTEGER NOT NULL, at_ms INTEGER NOT NULL, tbl TEXT NOT NULL,
    pk TEXT NOT NULL, col TEXT, rule TEXT NOT NULL,
    winner_actor INTEGER NOT NULL, winner_version INTEGER NOT NULL, winner_hlc INTEGER NOT NULL,
    winner_cl INTEGER NOT NULL, winner_value,
    loser_actor INTEGER NOT NULL, loser_version INTEGER NOT NULL, loser_hlc INTEGER NOT NULL,
    loser_cl INTEGER NOT NULL, loser_value
  )`,
  // Which versions became visible here, in which order (storage/commit-log.ts).
  `CREATE TABLE IF NOT EXISTS __patina_commits (
    seq INTEGER PRIMARY KEY, actor INTEGER NOT NULL, version INTEGER NOT NULL
  )`,
  `CREATE TABLE IF NOT EXISTS __patina_meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID`,
];

/** How many lost writes `patina_conflicts` keeps. */
export const conflictsMax = 10_000;

/** Views that people read; they name actors by their ids. */
export const internalViewsSql: readonly string[] = [
  `CREATE VIEW IF NOT EXISTS patina_gaps AS
    SELECT lower(hex(a.id)) AS actor_id, g.start AS start_version, g.end AS end_version
    FROM __patina_gaps AS g JOIN __patina_actors AS a ON a.ordinal = g.actor`,
  `CREATE VIEW IF NOT EXISTS patina_members AS
    SELECT actor_id, address, state, incarnation, rtt_ms, ring, updated_ms FROM __patina_members`,
  `CREATE VIEW IF NOT EXISTS patina_lag AS
    SELECT actor_id, head, versions, ms, updated_ms FROM __patina_lag`,
  `CREATE VIEW IF NOT EXISTS patina_subscriptions AS
    SELECT id, hash, sql, mode, state, subscribers, rows, change_id, evaluations, evaluation_ms,
      cost_ms_per_second, lagged, created_ms, updated_ms FROM __patina_subscriptions`,
  `CREATE VIEW IF NOT EXISTS patina_quarantine AS
    SELECT lower(hex(a.id)) AS actor_id, q.version, q.reason, q.message, min(q.since_ms) AS since_ms,
      q.retry_at_ms, sum(length(q.bytes)) AS bytes
    FROM __patina_quarantine AS q JOIN __patina_actors AS a ON a.ordinal = q.actor
    GROUP BY q.actor, q.version`,
  `CREATE VIEW IF NOT EXISTS patina_conflicts AS
    SELECT c.number, c.at_ms, c.tbl AS "table", c.pk, c.col AS "column", c.rule,
      lower(hex(w.id)) AS winner_actor, c.winner_version, c.winner_hlc, c.winner_cl, c.winner_value,
      lower(hex(l.id)) AS loser_actor, c.loser_version, c.loser_hlc, c.loser_cl, c.loser_value
    FROM __patina_conflicts AS c
    LEFT JOIN __patina_actors AS w ON w.ordinal = c.winner_actor
    LEFT JOIN __patina_actors AS l ON l.ordinal = c.loser_actor`,
];

/** Names of the views above and of `patina_changes`, which depends on the tables. */
export const internalViewNames = [
  'patina_gaps',
  'patina_members',
  'patina_lag',
  'patina_subscriptions',
  'patina_quarantine',
  'patina_conflicts',
  'patina_changes',
] as const;
