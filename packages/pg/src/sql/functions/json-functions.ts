// Functions of json and jsonb that yield one value. Arguments of any type become JSON text first
// (pg_to_json(value, type)), which the `json-args` of the caller does.

export const jsonFunctions = `
to_json(anyelement) -> json = pg_to_json($1, $o1)
to_jsonb(anyelement) -> jsonb = pg_cast_jsonb(pg_to_json($1, $o1))
array_to_json(anyarray) -> json = pg_to_json($1, $o1)
json_array_length(json) -> int4 = pg_json_array_length($1)
jsonb_array_length(jsonb) -> int4 = pg_json_array_length($1)
json_typeof(json) -> text
jsonb_typeof(jsonb) -> text = json_typeof($1)
json_extract_path(json, text*) -> json = pg_json_path($1, json_array($+))
json_extract_path_text(json, text*) -> text = pg_json_path_text($1, json_array($+))
jsonb_extract_path(jsonb, text*) -> jsonb = pg_jsonb_path($1, json_array($+))
jsonb_extract_path_text(jsonb, text*) -> text = pg_jsonb_path_text($1, json_array($+))
jsonb_set(jsonb, text[], jsonb) -> jsonb = pg_jsonb_set($1, $2, $3, 1)
jsonb_set(jsonb, text[], jsonb, bool) -> jsonb = pg_jsonb_set($1, $2, $3, $4)
jsonb_set_lax(jsonb, text[], jsonb) -> jsonb = pg_jsonb_set($1, $2, coalesce($3, 'null'), 1)
jsonb_insert(jsonb, text[], jsonb) -> jsonb = pg_jsonb_insert($1, $2, $3, 0)
jsonb_insert(jsonb, text[], jsonb, bool) -> jsonb = pg_jsonb_insert($1, $2, $3, $4)
jsonb_delete(jsonb, text) -> jsonb = pg_jsonb_delete($1, $2)
jsonb_delete(jsonb, int4) -> jsonb = pg_jsonb_delete($1, $2)
jsonb_delete_path(jsonb, text[]) -> jsonb = pg_jsonb_delete_path($1, $2)
jsonb_concat(jsonb, jsonb) -> jsonb = pg_jsonb_concat($1, $2)
jsonb_contains(jsonb, jsonb) -> bool = pg_jsonb_contains($1, $2)
jsonb_exists(jsonb, text) -> bool = pg_jsonb_exists($1, $2)
jsonb_pretty(jsonb) -> text
json_strip_nulls(json) -> json
jsonb_strip_nulls(jsonb) -> jsonb = pg_cast_jsonb(json_strip_nulls($1))
json_object(text[]) -> json = pg_json_object($1)
json_object(text[], text[]) -> json = pg_json_object($1, $2)
jsonb_object(text[]) -> jsonb = pg_cast_jsonb(pg_json_object($1))
jsonb_object(text[], text[]) -> jsonb = pg_cast_jsonb(pg_json_object($1, $2))
jsonb_path_exists(jsonb, jsonpath) -> bool
jsonb_path_exists(jsonb, jsonpath, jsonb) -> bool
jsonb_path_match(jsonb, jsonpath) -> bool
jsonb_path_query_first(jsonb, jsonpath) -> jsonb
jsonb_path_query_first(jsonb, jsonpath, jsonb) -> jsonb
jsonb_path_query_array(jsonb, jsonpath) -> jsonb
jsonb_path_query_array(jsonb, jsonpath, jsonb) -> jsonb
`;
