// Functions about the system that the catalog's functions answer (packages/pg/src/catalog), or that are
// constant here: there is one encoding, nothing is a replica in recovery, everyone may see everything.

export const systemFunctions = `
pg_get_userbyid(oid) -> name
pg_table_is_visible(oid) -> bool
pg_type_is_visible(oid) -> bool
pg_function_is_visible(oid) -> bool
pg_operator_is_visible(oid) -> bool
pg_opclass_is_visible(oid) -> bool
pg_opfamily_is_visible(oid) -> bool
pg_conversion_is_visible(oid) -> bool
pg_collation_is_visible(oid) -> bool
pg_statistics_obj_is_visible(oid) -> bool
pg_ts_config_is_visible(oid) -> bool
pg_ts_dict_is_visible(oid) -> bool
pg_ts_parser_is_visible(oid) -> bool
pg_ts_template_is_visible(oid) -> bool
format_type(oid, int4) -> text
pg_get_expr(pg_node_tree, oid) -> text = pg_get_expr($1, $2)
pg_get_expr(pg_node_tree, oid, bool) -> text = pg_get_expr($1, $2)
pg_get_expr(text, oid) -> text = pg_get_expr($1, $2)
pg_get_expr(text, oid, bool) -> text = pg_get_expr($1, $2)
pg_get_constraintdef(oid) -> text = pg_get_constraintdef($1)
pg_get_constraintdef(oid, bool) -> text = pg_get_constraintdef($1, $2)
pg_get_indexdef(oid) -> text = pg_get_indexdef($1, 0)
pg_get_indexdef(oid, int4, bool) -> text = pg_get_indexdef($1, $2)
pg_get_viewdef(oid) -> text = pg_get_viewdef($1)
pg_get_viewdef(oid, bool) -> text = pg_get_viewdef($1)
pg_get_viewdef(oid, int4) -> text = pg_get_viewdef($1)
pg_get_viewdef(text) -> text = pg_get_viewdef(pg_cast_regclass($1))
pg_get_functiondef(oid) -> text = NULL
pg_get_function_arguments(oid) -> text = ''
pg_get_function_identity_arguments(oid) -> text = ''
pg_get_function_arg_default(oid, int4) -> text = NULL
pg_get_function_result(oid) -> text = NULL
pg_get_function_sqlbody(oid) -> text = NULL
pg_get_ruledef(oid) -> text = NULL
pg_get_ruledef(oid, bool) -> text = NULL
pg_get_triggerdef(oid) -> text = NULL
pg_get_triggerdef(oid, bool) -> text = NULL
pg_get_partkeydef(oid) -> text = NULL
pg_get_partition_constraintdef(oid) -> text = NULL
pg_get_statisticsobjdef(oid) -> text = NULL
pg_get_statisticsobjdef_columns(oid) -> text = NULL
pg_get_serial_sequence(text, text) -> text = NULL
pg_get_keywords() -> text = NULL
pg_get_replica_identity_index(regclass) -> regclass = NULL
pg_index_column_has_property(regclass, int4, text) -> bool = ($3 IN ('asc', 'orderable', 'nulls_last', 'search_array', 'search_nulls', 'returnable'))
pg_index_has_property(regclass, text) -> bool = ($2 <> 'clusterable')
pg_indexam_has_property(oid, text) -> bool = ($2 IN ('can_order', 'can_unique', 'can_multi_col', 'can_include'))
pg_relation_is_publishable(regclass) -> bool = 0
pg_relation_is_updatable(regclass, bool) -> int4 = 28
pg_column_is_updatable(regclass, int2, bool) -> bool = 1
pg_relation_filenode(regclass) -> oid = $1
pg_relation_filepath(regclass) -> text = NULL
pg_relation_size(regclass) -> int8 = pg_relation_size($1)
pg_relation_size(regclass, text) -> int8 = pg_relation_size($1)
pg_table_size(regclass) -> int8 = pg_relation_size($1)
pg_total_relation_size(regclass) -> int8 = pg_relation_size($1)
pg_indexes_size(regclass) -> int8 = 0
pg_database_size(name) -> int8 = 0
pg_database_size(oid) -> int8 = 0
pg_tablespace_size(name) -> int8 = 0
pg_tablespace_size(oid) -> int8 = 0
pg_tablespace_location(oid) -> text = ''
pg_size_pretty(int8) -> text
pg_size_pretty(numeric) -> text
pg_size_bytes(text) -> int8
pg_column_size(any) -> int4 = octet_length($1)
pg_encoding_to_char(int4) -> name = 'UTF8'
pg_char_to_encoding(name) -> int4 = 6
pg_client_encoding() -> name = 'UTF8'
getdatabaseencoding() -> name = 'UTF8'
pg_typeof(any) -> regtype = $o1
pg_collation_for(any) -> text = '"default"'
pg_is_in_recovery() -> bool = 0
pg_is_wal_replay_paused() -> bool = 0
pg_is_other_temp_schema(oid) -> bool = 0
pg_my_temp_schema() -> oid = 0
pg_blocking_pids(int4) -> int4[] = '[]'
pg_safe_snapshot_blocking_pids(int4) -> int4[] = '[]'
pg_listening_channels() -> text = NULL
pg_notification_queue_usage() -> float8 = 0.0
pg_trigger_depth() -> int4 = 0
pg_sequence_last_value(regclass) -> int8 = NULL
pg_stat_get_live_tuples(oid) -> int8 = 0
pg_stat_get_numscans(oid) -> int8 = 0
pg_stat_get_backend_pid(int4) -> int4 = $1
pg_jit_available() -> bool = 0
pg_current_wal_lsn() -> pg_lsn = '0/0'
pg_last_wal_receive_lsn() -> pg_lsn = NULL
pg_last_wal_replay_lsn() -> pg_lsn = NULL
pg_current_snapshot() -> text = '1:1:'
pg_advisory_lock(int8) -> void = ''
pg_advisory_lock(int4, int4) -> void = ''
pg_advisory_xact_lock(int8) -> void = ''
pg_advisory_xact_lock(int4, int4) -> void = ''
pg_try_advisory_lock(int8) -> bool = 1
pg_try_advisory_lock(int4, int4) -> bool = 1
pg_try_advisory_xact_lock(int8) -> bool = 1
pg_advisory_unlock(int8) -> bool = 1
pg_advisory_unlock(int4, int4) -> bool = 1
pg_advisory_unlock_all() -> void = ''
has_table_privilege(text, text) -> bool = 1
has_table_privilege(oid, text) -> bool = 1
has_table_privilege(name, text, text) -> bool = 1
has_table_privilege(name, oid, text) -> bool = 1
has_table_privilege(oid, oid, text) -> bool = 1
has_any_column_privilege(text, text) -> bool = 1
has_any_column_privilege(oid, text) -> bool = 1
has_any_column_privilege(name, oid, text) -> bool = 1
has_column_privilege(text, text, text) -> bool = 1
has_column_privilege(oid, text, text) -> bool = 1
has_column_privilege(oid, int2, text) -> bool = 1
has_column_privilege(name, oid, int2, text) -> bool = 1
has_schema_privilege(text, text) -> bool = 1
has_schema_privilege(oid, text) -> bool = 1
has_schema_privilege(name, text, text) -> bool = 1
has_schema_privilege(name, oid, text) -> bool = 1
has_database_privilege(text, text) -> bool = 1
has_database_privilege(oid, text) -> bool = 1
has_database_privilege(name, text, text) -> bool = 1
has_database_privilege(name, oid, text) -> bool = 1
has_function_privilege(oid, text) -> bool = 1
has_function_privilege(name, oid, text) -> bool = 1
has_sequence_privilege(text, text) -> bool = 1
has_sequence_privilege(oid, text) -> bool = 1
has_sequence_privilege(name, oid, text) -> bool = 1
has_type_privilege(oid, text) -> bool = 1
has_type_privilege(name, oid, text) -> bool = 1
has_tablespace_privilege(oid, text) -> bool = 1
has_tablespace_privilege(name, oid, text) -> bool = 1
has_language_privilege(oid, text) -> bool = 1
has_foreign_data_wrapper_privilege(oid, text) -> bool = 1
has_server_privilege(oid, text) -> bool = 1
pg_has_role(name, text) -> bool = 1
pg_has_role(oid, text) -> bool = 1
pg_has_role(name, name, text) -> bool = 1
pg_has_role(name, oid, text) -> bool = 1
pg_has_role(oid, oid, text) -> bool = 1
row_security_active(oid) -> bool = 0
row_security_active(text) -> bool = 0
obj_description(oid) -> text = NULL
obj_description(oid, name) -> text = NULL
col_description(oid, int4) -> text = NULL
shobj_description(oid, name) -> text = NULL
to_regclass(text) -> regclass = pg_to_regclass($1)
to_regtype(text) -> regtype = pg_to_regtype($1)
to_regnamespace(text) -> regnamespace = pg_to_regnamespace($1)
to_regproc(text) -> regproc = NULL
to_regrole(text) -> regrole = NULL
txid_current() -> int8 = pg_txid_current()
pg_current_xact_id() -> int8 = pg_txid_current()
pg_current_xact_id_if_assigned() -> int8 = NULL
txid_current_if_assigned() -> int8 = NULL
inet_server_addr() -> text = NULL
inet_server_port() -> int4 = NULL
inet_client_addr() -> text = NULL
inet_client_port() -> int4 = NULL
pg_cancel_backend(int4) -> bool = 0
pg_terminate_backend(int4) -> bool = 0
pg_reload_conf() -> bool = 1
pg_stat_reset() -> void = NULL
pg_show_all_file_settings() -> text = NULL
nextval(regclass) -> int8 = pg_random_id()
lastval() -> int8 = NULL
aclexplode(text) -> text = NULL
acldefault(char, oid) -> text = NULL
pg_options_to_table(text[]) -> text = NULL
array_to_tsvector(text[]) -> text = NULL
num_nulls(any*) -> int4 = pg_num_nulls($*)
num_nonnulls(any*) -> int4 = pg_num_nonnulls($*)
pg_input_is_valid(text, text) -> bool
error_on_null(anyelement) -> anyelement = $1
`;
