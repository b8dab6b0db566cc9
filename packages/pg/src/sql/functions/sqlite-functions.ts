// SQLite's functions that PostgreSQL lacks: they pass through by name.

export const sqliteFunctions = `
ifnull(anycompatible, anycompatible) -> anycompatible
iif(bool, anycompatible, anycompatible) -> anycompatible
nullif(anycompatible, anycompatible) -> anycompatible
instr(text, text) -> int4
hex(bytea) -> text
hex(text) -> text
unhex(text) -> bytea
quote(any) -> text
typeof(any) -> text
printf(text, any*) -> text
char(int4*) -> text
unicode(text) -> int4
soundex(text) -> text
glob(text, text) -> bool
zeroblob(int4) -> bytea
randomblob(int4) -> bytea
date(text, text*) -> text
time(text, text*) -> text
datetime(text, text*) -> text
julianday(text, text*) -> float8
unixepoch() -> int8
unixepoch(text, text*) -> int8
strftime(text, text*) -> text
json(text) -> json
json(json) -> json
json_array(any*) -> json
json_object(any*) -> json
json_extract(json, text*) -> text
json_extract(jsonb, text*) -> text
json_extract(text, text*) -> text
json_valid(text) -> bool
json_type(json) -> text
json_type(json, text) -> text
json_type(text) -> text
json_type(text, text) -> text
json_patch(json, json) -> json
json_set(json, any*) -> json
json_insert(json, any*) -> json
json_replace(json, any*) -> json
json_remove(json, text*) -> json
json_quote(any) -> json
last_insert_rowid() -> int8
changes() -> int8
total_changes() -> int8
sqlite_version() -> text
likely(bool) -> bool
unlikely(bool) -> bool
`;
