// The settings that clients can see and set, with PostgreSQL's names. Those that mean nothing here are
// accepted, so that the clients that set them work, where the value that they ask for is what happens anyway.

import {
  alwaysOn,
  anyText,
  dateStyle,
  encoding,
  flag,
  integer,
  oneOf,
  type ParseSetting,
  time,
  timeZone,
} from './setting-values.ts';

/** A setting of a session. */
export interface SettingDefinition {
  /** As PostgreSQL spells it. */
  readonly name: string;
  readonly standard: string;
  readonly description: string;
  /** Told to the client whenever it changes. */
  readonly isReported?: boolean;
  readonly isFixed?: boolean;
  readonly parse: ParseSetting;
}

/** What PostgreSQL this one is taken for. */
export const serverVersion = '15.0';
const serverVersionNumber = '150000';

const isolationLevels = ['serializable', 'repeatable read', 'read committed', 'read uncommitted'];
const messageLevels = [
  'debug5',
  'debug4',
  'debug3',
  'debug2',
  'debug1',
  'log',
  'notice',
  'warning',
  'error',
];

function define(
  name: string,
  standard: string,
  parse: ParseSetting,
  description: string,
  more: Pick<SettingDefinition, 'isReported' | 'isFixed'> = {},
): SettingDefinition {
  return { name, standard, parse, description, ...more };
}

const reported = { isReported: true } as const;
const fixed = { isFixed: true } as const;
const fixedAndReported = { isFixed: true, isReported: true } as const;

/** What only tells PostgreSQL how to go about its work, or what it writes to its log. */
const withoutEffect: Readonly<Record<string, string>> = {
  backslash_quote: 'safe_encoding',
  client_connection_check_interval: '0',
  commit_delay: '0',
  constraint_exclusion: 'partition',
  cpu_index_tuple_cost: '0.005',
  cpu_operator_cost: '0.0025',
  cpu_tuple_cost: '0.01',
  cursor_tuple_fraction: '0.1',
  deadlock_timeout: '1s',
  default_statistics_target: '100',
  default_table_access_method: 'heap',
  default_tablespace: '',
  default_text_search_config: 'pg_catalog.simple',
  default_toast_compression: 'pglz',
  effective_cache_size: '4GB',
  effective_io_concurrency: '1',
  from_collapse_limit: '8',
  geqo_threshold: '12',
  hash_mem_multiplier: '2',
  join_collapse_limit: '8',
  lc_messages: 'C',
  lc_monetary: 'C',
  lc_numeric: 'C',
  lc_time: 'C',
  log_min_duration_statement: '-1',
  log_min_error_statement: 'error',
  log_min_messages: 'warning',
  log_statement: 'none',
  maintenance_work_mem: '64MB',
  max_parallel_maintenance_workers: '2',
  max_parallel_workers: '8',
  max_parallel_workers_per_gather: '2',
  max_stack_depth: '2MB',
  parallel_setup_cost: '1000',
  parallel_tuple_cost: '0.1',
  plan_cache_mode: 'auto',
  random_page_cost: '4',
  seq_page_cost: '1',
  session_replication_role: 'origin',
  tcp_keepalives_count: '0',
  tcp_keepalives_idle: '0',
  tcp_keepalives_interval: '0',
  tcp_user_timeout: '0',
  temp_buffers: '8MB',
  temp_tablespaces: '',
  track_functions: 'none',
  vacuum_cost_delay: '0',
  work_mem: '4MB',
};

/** The same of those that are on or off. */
const flagsWithoutEffect: Readonly<Record<'on' | 'off', readonly string[]>> = {
  on: [
    'array_nulls',
    'check_function_bodies',
    'enable_async_append',
    'enable_bitmapscan',
    'enable_gathermerge',
    'enable_hashagg',
    'enable_hashjoin',
    'enable_incremental_sort',
    'enable_indexonlyscan',
    'enable_indexscan',
    'enable_material',
    'enable_memoize',
    'enable_mergejoin',
    'enable_nestloop',
    'enable_parallel_append',
    'enable_parallel_hash',
    'enable_partition_pruning',
    'enable_seqscan',
    'enable_sort',
    'enable_tidscan',
    'escape_string_warning',
    'geqo',
    'row_security',
    'synchronize_seqscans',
    'track_activities',
  ],
  off: [
    'debug_print_plan',
    'default_transaction_deferrable',
    'enable_partitionwise_aggregate',
    'enable_partitionwise_join',
    'jit',
    'lo_compat_privileges',
    'log_duration',
    'quote_all_identifiers',
    'transform_null_equals',
  ],
};

const accepted = 'Accepted without effect.';

const definitions: readonly SettingDefinition[] = [
  ...Object.entries(withoutEffect).map(([name, value]) => define(name, value, anyText, accepted)),
  ...flagsWithoutEffect.on.map((name) => define(name, 'on', flag, accepted)),
  ...flagsWithoutEffect.off.map((name) => define(name, 'off', flag, accepted)),
  define('block_size', '8192', anyText, 'What clients compute sizes with.', fixed),
  define('max_prepared_transactions', '0', anyText, 'Two-phase commits: none.', fixed),
  define('application_name', '', anyText, 'The name of the program that is connected.', reported),
  define('bytea_output', 'hex', oneOf('hex', 'escape'), 'The form of bytea in text.'),
  define('client_encoding', 'UTF8', encoding, 'The encoding of the client: UTF8.', reported),
  define('client_min_messages', 'notice', oneOf(...messageLevels), 'The least that is told.'),
  define('DateStyle', 'ISO, MDY', dateStyle, 'How dates are written and read.', reported),
  define(
    'default_transaction_isolation',
    'read committed',
    oneOf(...isolationLevels),
    'Every level is read committed here.',
  ),
  define(
    'default_transaction_read_only',
    'off',
    flag,
    'Whether transactions may not write unless they say so.',
    reported,
  ),
  define('extra_float_digits', '1', integer(-15, 3), 'Digits of floating-point numbers in text.'),
  define('idle_in_transaction_session_timeout', '0', time, 'Ends sessions idle in a transaction.'),
  define('idle_session_timeout', '0', time, 'Ends idle sessions.'),
  define('in_hot_standby', 'off', flag, 'Never: every node takes writes.', fixedAndReported),
  define('integer_datetimes', 'on', flag, 'Times are kept exactly.', fixedAndReported),
  define(
    'IntervalStyle',
    'postgres',
    oneOf('postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'),
    'How intervals are written.',
    reported,
  ),
  define('is_superuser', 'off', flag, 'Whether the user is an administrator.', fixedAndReported),
  define('lc_collate', 'C', anyText, 'The order of text: by bytes.', fixed),
  define('lc_ctype', 'C', anyText, 'The classes of characters.', fixed),
  define('lock_timeout', '0', time, 'Accepted without effect: nothing waits for locks.'),
  define('max_connections', '100', integer(1, 262_143), 'Sessions at once.', fixed),
  define('max_identifier_length', '63', integer(63, 63), 'Characters of a name.', fixed),
  define('max_index_keys', '32', integer(32, 32), 'Columns of an index.', fixed),
  define('password_encryption', 'scram-sha-256', oneOf('scram-sha-256'), 'How passwords are kept.'),
  define('search_path', '"$user", public', anyText, 'Where names are looked up.'),
  define('server_encoding', 'UTF8', encoding, 'The encoding of the database.', fixedAndReported),
  define(
    'server_version',
    serverVersion,
    anyText,
    'The version that clients go by.',
    fixedAndReported,
  ),
  define('server_version_num', serverVersionNumber, anyText, 'The same as a number.', fixed),
  define('session_authorization', '', anyText, 'The user.', fixedAndReported),
  define('standard_conforming_strings', 'on', alwaysOn, 'Backslashes are plain.', reported),
  define('statement_timeout', '0', time, 'How long a statement may run.'),
  define('synchronous_commit', 'on', anyText, 'Accepted without effect: see db.synchronous.'),
  define('TimeZone', 'UTC', timeZone, 'The zone in which times with a zone are shown.', reported),
  define('transaction_deferrable', 'off', flag, 'Accepted without effect.'),
  define(
    'transaction_isolation',
    'read committed',
    oneOf(...isolationLevels),
    'Every level is read committed here.',
  ),
  define('transaction_read_only', 'off', flag, 'Whether this transaction may not write.'),
  define('transaction_timeout', '0', time, 'Ends sessions whose transaction takes longer.'),
  define('xmloption', 'content', oneOf('content', 'document'), 'Accepted without effect.'),
];

/** By name, as SHOW ALL lists them. */
export const settingDefinitions: readonly SettingDefinition[] = definitions.toSorted((a, b) =>
  a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1,
);
