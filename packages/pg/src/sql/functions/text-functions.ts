// Functions of text, bytea and uuid. Names that SQLite lacks keep their PostgreSQL name.

export const textFunctions = `
lower(text) -> text = pg_lower($1)
upper(text) -> text = pg_upper($1)
initcap(text) -> text
length(text) -> int4
length(bytea) -> int4
char_length(text) -> int4 = length($1)
character_length(text) -> int4 = length($1)
octet_length(text) -> int4 = octet_length($1)
octet_length(bytea) -> int4 = length($1)
bit_length(text) -> int4 = (8 * octet_length($1))
bit_length(bytea) -> int4 = (8 * length($1))
substr(text, int4) -> text = pg_substr($1, $2)
substr(text, int4, int4) -> text = pg_substr($1, $2, $3)
substring(text, int4) -> text = pg_substr($1, $2)
substring(text, int4, int4) -> text = pg_substr($1, $2, $3)
substring(text, text) -> text = pg_regex_substr($1, $2)
substring(text, text, text) -> text = pg_regex_substr($1, similar_to_escape($2, $3))
substring(bytea, int4) -> bytea = pg_substr($1, $2)
substring(bytea, int4, int4) -> bytea = pg_substr($1, $2, $3)
substr(bytea, int4) -> bytea = pg_substr($1, $2)
substr(bytea, int4, int4) -> bytea = pg_substr($1, $2, $3)
left(text, int4) -> text = pg_left($1, $2)
right(text, int4) -> text = pg_right($1, $2)
lpad(text, int4) -> text = lpad($1, $2, ' ')
lpad(text, int4, text) -> text
rpad(text, int4) -> text = rpad($1, $2, ' ')
rpad(text, int4, text) -> text
ltrim(text) -> text = ltrim($1, ' ')
ltrim(text, text) -> text
rtrim(text) -> text = rtrim($1, ' ')
rtrim(text, text) -> text
btrim(text) -> text = trim($1, ' ')
btrim(text, text) -> text = trim($1, $2)
trim(text) -> text = trim($1, ' ')
trim(text, text) -> text = trim($1, $2)
replace(text, text, text) -> text = pg_replace($1, $2, $3)
translate(text, text, text) -> text
overlay(text, text, int4) -> text = overlay($1, $2, $3, length($2))
overlay(text, text, int4, int4) -> text
position(text, text) -> int4 = instr($1, $2)
strpos(text, text) -> int4 = instr($1, $2)
reverse(text) -> text = pg_reverse($1)
repeat(text, int4) -> text
split_part(text, text, int4) -> text
string_to_array(text, text) -> text[] = string_to_array($1, $2)
string_to_array(text, text, text) -> text[]
concat(any*) -> text = pg_concat($*)
concat_ws(text, any*) -> text = pg_concat_ws($*)
format(text, any*) -> text = pg_format($*)
quote_ident(text) -> text
quote_literal(text) -> text
quote_literal(anyelement) -> text
quote_nullable(text) -> text
quote_nullable(anyelement) -> text
ascii(text) -> int4
chr(int4) -> text
md5(text) -> text
md5(bytea) -> text
sha224(bytea) -> bytea
sha256(bytea) -> bytea
sha384(bytea) -> bytea
sha512(bytea) -> bytea
digest(text, text) -> bytea
digest(bytea, text) -> bytea
encode(bytea, text) -> text
decode(text, text) -> bytea
convert_to(text, text) -> bytea = CAST($1 AS BLOB)
convert_from(bytea, text) -> text = CAST($1 AS TEXT)
get_byte(bytea, int4) -> int4
set_byte(bytea, int4, int4) -> bytea
to_hex(int4) -> text = to_hex($1)
to_hex(int8) -> text = to_hex($1)
starts_with(text, text) -> bool
regexp_replace(text, text, text) -> text
regexp_replace(text, text, text, text) -> text
regexp_match(text, text) -> text[]
regexp_match(text, text, text) -> text[]
regexp_like(text, text) -> bool = pg_regex_match($1, $2)
regexp_like(text, text, text) -> bool
regexp_count(text, text) -> int4
regexp_count(text, text, int4) -> int4
regexp_substr(text, text) -> text
regexp_instr(text, text) -> int4
regexp_split_to_array(text, text) -> text[]
regexp_split_to_array(text, text, text) -> text[]
similar_to_escape(text) -> text
similar_to_escape(text, text) -> text
like_escape(text, text) -> text
normalize(text) -> text
normalize(text, text) -> text
unistr(text) -> text
parse_ident(text) -> text[]
to_number(text, text) -> numeric
gen_random_uuid() -> uuid
uuid_generate_v4() -> uuid = gen_random_uuid()
uuidv4() -> uuid = gen_random_uuid()
uuidv7() -> uuid
similarity(text, text) -> float4
levenshtein(text, text) -> int4
unaccent(text) -> text
text(anyelement) -> text = $1
`;
