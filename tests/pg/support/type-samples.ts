// One value, or two, of each type: what goes in as text, and what PostgreSQL writes for it.

export interface TypeSample {
  /** Of the column too. */
  readonly name: string;
  /** The type in CREATE TABLE. */
  readonly type: string;
  readonly oid: number;
  readonly input: string;
  readonly output: string;
}

export const typeSamples: readonly TypeSample[] = [
  sample('c_bool', 'boolean', 16, 'true', 't'),
  sample('c_int2', 'smallint', 21, '-32768'),
  sample('c_int4', 'integer', 23, '2147483647'),
  sample('c_int8', 'bigint', 20, '9223372036854775807'),
  sample('c_float4', 'real', 700, '1.5'),
  sample('c_float8', 'double precision', 701, '0.1'),
  sample('c_numeric', 'numeric', 1700, '12345678901234567890.1234567890'),
  sample('c_money', 'numeric(12,2)', 1700, '19.9', '19.90'),
  sample('c_text', 'text', 25, 'grüße 🦆 "quoted" \\ it\'s\n\ttabbed'),
  sample('c_varchar', 'varchar(20)', 1043, 'short'),
  sample('c_char', 'char(5)', 1042, 'ab', 'ab   '),
  sample('c_bytea', 'bytea', 17, '\\x00ff10'),
  sample('c_date', 'date', 1082, '2024-02-29'),
  sample('c_time', 'time', 1083, '23:59:59.123456'),
  sample('c_timestamp', 'timestamp', 1114, '2024-02-29 12:34:56.789'),
  sample('c_timestamptz', 'timestamptz', 1184, '2024-02-29 12:34:56+02', '2024-02-29 10:34:56+00'),
  sample('c_interval', 'interval', 1186, '1 year 2 days 03:04:05', '1 year 2 days 03:04:05'),
  sample(
    'c_uuid',
    'uuid',
    2950,
    'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  ),
  sample('c_json', 'json', 114, '{"a": [1, null, "x"]}'),
  sample('c_jsonb', 'jsonb', 3802, '{"b":1,"a":{"c":[true]}}', '{"a": {"c": [true]}, "b": 1}'),
  sample('c_int4s', 'int[]', 1007, '{1,2,NULL}'),
  sample('c_texts', 'text[]', 1009, '{plain,"with space","with,comma","q\\"uote",NULL}'),
];

/** A table with a column of each type, and `id` as its key. */
export function typesTable(table: string): string {
  const columns = typeSamples.map(({ name, type }) => `${name} ${type}`);
  return `create table ${table} (id int primary key, ${columns.join(', ')})`;
}

function sample(
  name: string,
  type: string,
  oid: number,
  input: string,
  output = input,
): TypeSample {
  return { name, type, oid, input, output };
}
