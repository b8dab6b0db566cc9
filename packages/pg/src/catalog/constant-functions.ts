// Functions of the catalog whose answer is the same for everything: all may be seen, nothing is a partition,
// sizes are not known. What somebody may do is decided when it is done, by the node's access policy.

import type { CatalogModel } from './model.ts';

type Value = null | number | bigint | string | Uint8Array;
type ConstantFunction = (model: CatalogModel, ...args: readonly Value[]) => string | number | null;

/** True for whatever is there, NULL for NULL. */
const yes: ConstantFunction = (_model, ...args) => (args[0] === null ? null : 1);
const no: ConstantFunction = () => 0;
const zero: ConstantFunction = () => 0;
const nothing: ConstantFunction = () => null;

function all(names: string, run: ConstantFunction): Record<string, ConstantFunction> {
  return Object.fromEntries(names.split(' ').map((name) => [name, run]));
}

const encodings: Readonly<Record<number, string>> = { 0: 'SQL_ASCII', 6: 'UTF8', 8: 'LATIN1' };

export const constantFunctions: Readonly<Record<string, ConstantFunction>> = {
  ...all(
    'pg_type_is_visible pg_function_is_visible pg_operator_is_visible pg_opclass_is_visible ' +
      'pg_opfamily_is_visible pg_collation_is_visible pg_conversion_is_visible ' +
      'pg_statistics_obj_is_visible pg_ts_config_is_visible pg_ts_dict_is_visible ' +
      'pg_ts_parser_is_visible pg_ts_template_is_visible',
    yes,
  ),
  ...all(
    'has_any_column_privilege has_column_privilege has_database_privilege ' +
      'has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege ' +
      'has_schema_privilege has_sequence_privilege has_server_privilege has_table_privilege ' +
      'has_tablespace_privilege has_type_privilege has_parameter_privilege pg_has_role',
    yes,
  ),
  ...all(
    'pg_is_in_recovery pg_is_other_temp_schema pg_is_wal_replay_paused row_security_active ' +
      'pg_jit_available pg_relation_is_publishable',
    no,
  ),
  ...all(
    'pg_my_temp_schema pg_relation_size pg_table_size pg_total_relation_size pg_indexes_size ' +
      'pg_database_size pg_tablespace_size pg_stat_get_numscans pg_stat_get_tuples_returned ' +
      'pg_stat_get_tuples_fetched pg_stat_get_tuples_inserted pg_stat_get_tuples_updated ' +
      'pg_stat_get_tuples_deleted pg_stat_get_live_tuples pg_stat_get_dead_tuples ' +
      'pg_stat_get_blocks_fetched pg_stat_get_blocks_hit pg_stat_get_db_numbackends',
    zero,
  ),
  ...all(
    'pg_tablespace_location pg_stat_get_last_vacuum_time pg_stat_get_last_analyze_time ' +
      'pg_get_replica_identity_index pg_collation_actual_version pg_partition_root ' +
      'pg_sequence_last_value pg_filenode_relation inet_server_addr inet_server_port ' +
      'inet_client_addr inet_client_port pg_last_wal_receive_lsn pg_last_wal_replay_lsn',
    nothing,
  ),
  pg_encoding_to_char: (_model, number) => encodings[Number(number)] ?? '',
  pg_char_to_encoding: (_model, name) => {
    return /^(utf-?8|unicode)$/i.test(String(name)) ? 6 : -1;
  },
  pg_relation_is_updatable: (model, oid) => {
    const relation = model.relationByOid.get(Number(oid));
    // Bits of INSERT, UPDATE and DELETE.
    return relation?.kind === 'table' && relation.schema === 'public' ? 28 : 0;
  },
  pg_column_is_updatable: (model, oid) => {
    const relation = model.relationByOid.get(Number(oid));
    return relation?.kind === 'table' && relation.schema === 'public' ? 1 : 0;
  },
  pg_database_collation_actual_version: nothing,
  pg_encoding_max_length: (_model, number) => (Number(number) === 6 ? 4 : 1),
};
