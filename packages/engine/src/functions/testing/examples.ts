// Calls of our functions beside the expressions of PostgreSQL that they stand for. What PostgreSQL 15 answered is
// in answers.json, which record-answers.ts writes.

/** A call as SQLite has it, and the expression for PostgreSQL. */
export type Example = readonly [call: string, expression: string];

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Every pair of values through both templates, in which $1 and $2 stand for them. */
function crossed(
  values: readonly string[],
  others: readonly string[],
  templates: readonly (readonly [string, string])[],
): Example[] {
  return templates.flatMap(([call, expression]) =>
    values.flatMap((a) =>
      others.map((b): Example => {
        const put = (template: string): string =>
          template.replaceAll(/\$([12])/g, (_, index) => quoted(index === '1' ? a : b));
        return [put(call), put(expression)];
      }),
    ),
  );
}

function each(
  values: readonly string[],
  templates: readonly (readonly [string, string])[],
): Example[] {
  return crossed(values, [''], templates);
}

const numbers = [
  '0',
  '1',
  '-1',
  '2',
  '3',
  '0.5',
  '-2.50',
  '10.00',
  '123456.789',
  '1e-5',
  '99999999999999999999',
];

const numeric: readonly Example[] = [
  ...crossed(numbers, numbers, [
    ['pg_numeric_add($1, $2)', '$1::numeric + $2::numeric'],
    ['pg_numeric_sub($1, $2)', '$1::numeric - $2::numeric'],
    ['pg_numeric_mul($1, $2)', '$1::numeric * $2::numeric'],
    ['pg_numeric_div($1, $2)', '$1::numeric / $2::numeric'],
    ['pg_numeric_mod($1, $2)', '$1::numeric % $2::numeric'],
    ['pg_numeric_cmp($1, $2)', 'numeric_cmp($1::numeric, $2::numeric)'],
  ]),
  ...each(numbers, [
    ['pg_numeric_neg($1)', '-($1::numeric)'],
    ['pg_numeric_abs($1)', 'abs($1::numeric)'],
    ['pg_numeric_sign($1)', 'sign($1::numeric)'],
    ['pg_numeric_ceil($1)', 'ceil($1::numeric)'],
    ['pg_numeric_floor($1)', 'floor($1::numeric)'],
    ['pg_numeric_round($1, 1)', 'round($1::numeric, 1)'],
    ['pg_numeric_round($1, -2)', 'round($1::numeric, -2)'],
    ['pg_numeric_round($1, 0)', 'round($1::numeric)'],
    ['pg_numeric_trunc($1, 1)', 'trunc($1::numeric, 1)'],
    ['pg_numeric_trunc($1, -1)', 'trunc($1::numeric, -1)'],
    ['pg_numeric_sqrt($1)', 'sqrt($1::numeric)'],
    ['pg_numeric_ln($1)', 'ln($1::numeric)'],
    ['pg_numeric_log(10, $1)', 'log($1::numeric)'],
    ['pg_numeric_trim_scale($1)', 'trim_scale($1::numeric)'],
    ['pg_numeric_scale($1)', 'scale($1::numeric)'],
    ['pg_numeric_scaled($1, 6, 2)', '$1::numeric(6,2)'],
    ['pg_to_int4($1)', '$1::numeric::int4'],
    ['pg_to_int8($1)', '$1::numeric::int8'],
  ]),
  ...each(
    ['0', '1', '-1', '2', '0.5', '-2.50', '10.00', '20', '1e-5'],
    [['pg_numeric_exp($1)', 'exp($1::numeric)']],
  ),
  ...crossed(
    ['2', '0.5', '10.00', '-2.50', '0', '1.0001'],
    ['0', '1', '2', '-1', '3', '-3', '0.5', '2.5', '10'],
    [['pg_numeric_power($1, $2)', 'power($1::numeric, $2::numeric)']],
  ),
  ...crossed(
    ['2', '10', '100', '0.001', '7.5'],
    ['2', '3', '10', '0.5'],
    [['pg_numeric_log($2, $1)', 'log($2::numeric, $1::numeric)']],
  ),
  ['factorial(20)', 'factorial(20)'],
  ['factorial(-1)', 'factorial(-1)'],
  ['pg_to_int4(2.5)', '2.5::float8::int4'],
  ['pg_to_int4(3.5)', '3.5::float8::int4'],
  ['pg_to_int4(3000000000)', '3000000000::int8::int4'],
  ['pg_float_numeric(0.1)', '0.1::float8::numeric'],
  ['pg_float_numeric(1e20)', '1e20::float8::numeric'],
  ['pg_float_numeric(123456789.123456789)', '123456789.123456789::float8::numeric'],
];

const input: readonly Example[] = [
  ...each(
    [
      '1',
      '  42 ',
      '-7',
      '+5',
      '',
      'x',
      '1.5',
      '2147483648',
      '99999999999999999999',
      '0x10',
      '1_000',
    ],
    [
      ['pg_cast_int4($1)', '$1::int4'],
      ['pg_cast_int2($1)', '$1::int2'],
      ['pg_cast_int8($1)', '$1::int8'],
      ['pg_cast_numeric($1)', '$1::numeric'],
      ['pg_float8_text(pg_cast_float8($1))', '$1::float8'],
      ['pg_cast_oid($1)', '$1::oid'],
    ],
  ),
  ...each(
    [
      't',
      'true',
      ' TRUE ',
      'yes',
      'on',
      '1',
      'f',
      'no',
      'off',
      '0',
      'o',
      'of',
      '',
      'maybe',
      'tr',
      '2',
    ],
    [['pg_bool_text(pg_cast_bool($1))', '$1::bool']],
  ),
  ...each(
    [
      '1e400',
      '1e-400',
      'Infinity',
      '-inf',
      '1e20',
      '.5',
      '5.',
      '1e5x',
      '123456789012345678',
      '0.1',
      '-0',
    ],
    [
      ['pg_float8_text(pg_cast_float8($1))', '$1::float8'],
      ['pg_float4_text(pg_cast_float4($1))', '$1::float4'],
    ],
  ),
  ...each(
    [
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
      '{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}',
      'a0eebc999c0b4ef8bb6d6bb9bd380a11',
      'a0eebc99',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1x',
    ],
    [['pg_cast_uuid($1)', '$1::uuid']],
  ),
  ...each(
    ['\\x01ff', '\\x01 fF', '\\x0', '\\xzz', 'abc', 'a\\\\b', 'a\\001b', 'a\\9'],
    [['pg_cast_bytea($1)', '$1::bytea']],
  ),
  ...each(
    ['192.168.0.1', '10.0.0.0/8', '::1', 'fe80::1/64', '300.1.1.1', 'x', '192.168.0.1/32'],
    [['pg_cast_inet($1)', "format('%s', $1::inet)"]],
  ),
  ...each(
    [
      '{1,2,NULL}',
      '{}',
      '{{1,2},{3,4}}',
      '{1,2',
      '{a}',
      '1,2',
      '{1,,2}',
      '{{1},{2,3}}',
      ' { 1 , 2 } ',
      '{"1"}',
    ],
    [['pg_array_text(pg_cast_array($1, 23), 23)', '$1::int4[]']],
  ),
  ...each(
    ['{a,b}', '{"a b",NULL,"null"}', '{"a\\"b"}', '{a\\,b}', '{"",x}', '{a b , c}', '{"a"b}'],
    [['pg_array_text(pg_cast_array($1, 25), 25)', '$1::text[]']],
  ),
];

const text: readonly Example[] = [
  ...crossed(
    ['hello world', 'abcabc', '', 'ñandú 😀x'],
    ['a', 'l', '', 'bc', 'ú'],
    [
      ["pg_replace($1, $2, 'X')", "replace($1, $2, 'X')"],
      ['strpos($1, $2)', 'strpos($1, $2)'],
      ['split_part($1, $2, 1)', 'split_part($1, $2, 1)'],
      ['split_part($1, $2, -1)', 'split_part($1, $2, -1)'],
      ['btrim($1, $2)', 'btrim($1, $2)'],
      ['lpad($1, 15, $2)', 'lpad($1, 15, $2)'],
      ['rpad($1, 3, $2)', 'rpad($1, 3, $2)'],
      ["translate($1, $2, 'Z')", "translate($1, $2, 'Z')"],
      ['starts_with($1, $2)', 'starts_with($1, $2)'],
      ['pg_array_text(string_to_array($1, $2), 25)', 'string_to_array($1, $2)'],
      ["regexp_replace($1, 'l|a', $2)", "regexp_replace($1, 'l|a', $2)"],
      ["regexp_replace($1, 'l|a', $2, 'g')", "regexp_replace($1, 'l|a', $2, 'g')"],
    ],
  ),
  ...each(
    ['hello world', 'abcabc', '', 'ñandú 😀x', 'it\'s \\ a "q"', 'Mixed Case-word_x'],
    [
      ['initcap($1)', 'initcap($1)'],
      ['pg_upper($1)', 'upper($1)'],
      ['pg_reverse($1)', 'reverse($1)'],
      ['pg_left($1, 3)', 'left($1, 3)'],
      ['pg_left($1, -2)', 'left($1, -2)'],
      ['pg_right($1, 3)', 'right($1, 3)'],
      ['pg_right($1, -2)', 'right($1, -2)'],
      ['pg_substr($1, 2, 3)', 'substr($1, 2, 3)'],
      ['pg_substr($1, -1, 3)', 'substr($1, -1, 3)'],
      ['pg_substr($1, 3)', 'substr($1, 3)'],
      ["overlay($1, 'XX', 2, 1)", "overlay($1 placing 'XX' from 2 for 1)"],
      ['ascii($1)', 'ascii($1)'],
      ['md5($1)', 'md5($1)'],
      ['sha256($1)', "sha256(convert_to($1, 'UTF8'))"],
      ["encode(CAST($1 AS BLOB), 'base64')", "encode(convert_to($1, 'UTF8'), 'base64')"],
      ["encode(CAST($1 AS BLOB), 'escape')", "encode(convert_to($1, 'UTF8'), 'escape')"],
      ["encode(CAST($1 AS BLOB), 'hex')", "encode(convert_to($1, 'UTF8'), 'hex')"],
      ['quote_ident($1)', 'quote_ident($1)'],
      ['quote_literal($1)', 'quote_literal($1)'],
      ['hashtext($1)', 'hashtext($1)'],
      ["pg_array_text(regexp_split_to_array($1, '\\s*'), 25)", "regexp_split_to_array($1, '\\s*')"],
      [
        "pg_array_text(regexp_split_to_array($1, '[ _-]+'), 25)",
        "regexp_split_to_array($1, '[ _-]+')",
      ],
      ["pg_array_text(regexp_match($1, '(\\w)(\\w)'), 25)", "regexp_match($1, '(\\w)(\\w)')"],
      ["regexp_count($1, '[a-z]')", "regexp_count($1, '[a-z]')"],
      ["regexp_instr($1, 'b|w')", "regexp_instr($1, 'b|w')"],
      ["regexp_substr($1, '[a-z]+', 2)", "regexp_substr($1, '[a-z]+', 2)"],
      ["pg_regex_substr($1, 'b(.)')", "substring($1 from 'b(.)')"],
    ],
  ),
  ...crossed(
    ['abc', 'ABC', 'a_c', 'a%c', '', 'äbc', 'a\nc', 'a\\c'],
    ['a%', '%c', '%b%', 'a_c', 'a\\_c', 'a\\%c', '%', '', '_b_', 'A%C', 'a\\\\c', 'a'],
    [
      ['pg_like($1, $2)', '$1 LIKE $2'],
      ['pg_ilike($1, $2)', '$1 ILIKE $2'],
    ],
  ),
  ["pg_like('a', 'a\\')", "'a' LIKE 'a\\'"],
  ["pg_like('a%c', like_escape('a#%c', '#'))", "'a%c' LIKE 'a#%c' ESCAPE '#'"],
  ...crossed(
    ['abc', 'foobar', 'a1', 'x.y', '', 'a\nb', 'Ab'],
    [
      '^a',
      'o+',
      '\\d',
      '[[:alpha:]]+$',
      '\\mfoo',
      'bar\\M',
      'a.b',
      '(?i)AB',
      'x\\.y',
      '^$',
      '[^a-z]',
      'a{1}',
      '***=x.',
      '(a|b)c',
      '[',
    ],
    [
      ['pg_regex_match($1, $2)', '$1 ~ $2'],
      ['pg_regex_imatch($1, $2)', '$1 ~* $2'],
    ],
  ),
  ...crossed(
    ['abc', 'abd', 'xabcx', 'a'],
    ['abc', '%(b|d)%', 'a_c', '(a|b)+', 'a{1}%', '[ab]%', 'a.c'],
    [['pg_regex_match($1, similar_to_escape($2))', '$1 SIMILAR TO $2']],
  ),
  [
    "pg_regex_substr('foobar', similar_to_escape('%#\"o_b#\"%', '#'))",
    "substring('foobar' similar '%#\"o_b#\"%' escape '#')",
  ],
  ["pg_format('%s %I %L %%', 'a', 'B c', 'it''s')", "format('%s %I %L %%', 'a', 'B c', 'it''s')"],
  ["pg_format('%2$s %1$s', 'a', 'b')", "format('%2$s %1$s', 'a', 'b')"],
  ["pg_format('|%10s|%-10s|', 'a', 'b')", "format('|%10s|%-10s|', 'a', 'b')"],
  ["pg_format('|%*s|', '5', 'a')", "format('|%*s|', 5, 'a')"],
  ["pg_format('%s')", "format('%s')"],
  ["pg_format('%x', 'a')", "format('%x', 'a')"],
  ["pg_format('%', 'a')", "format('%', 'a')"],
  ["pg_format('%L %s', NULL, NULL)", "format('%L %s', NULL, NULL)"],
  ['chr(65)', 'chr(65)'],
  ['chr(0)', 'chr(0)'],
  ['chr(128512)', 'chr(128512)'],
  ['to_hex(255)', 'to_hex(255)'],
  ["repeat('ab', 3)", "repeat('ab', 3)"],
  ["repeat('ab', -1)", "repeat('ab', -1)"],
  ["split_part('a,b', ',', 0)", "split_part('a,b', ',', 0)"],
  ["decode('aGVsbG8=', 'base64')", "decode('aGVsbG8=', 'base64')"],
  ["decode('6a', 'hex')", "decode('6a', 'hex')"],
  ["decode('6', 'hex')", "decode('6', 'hex')"],
  ["decode('x', 'rot13')", "decode('x', 'rot13')"],
  ["get_byte(x'0102', 1)", "get_byte('\\x0102'::bytea, 1)"],
  ["get_byte(x'0102', 2)", "get_byte('\\x0102'::bytea, 2)"],
  ["set_byte(x'0102', 1, 255)", "set_byte('\\x0102'::bytea, 1, 255)"],
  ["bit_count(x'07ff')", "bit_count('\\x07ff'::bytea)"],
  ["pg_concat_ws(',', 'a', NULL, 'b')", "concat_ws(',', 'a', NULL, 'b')"],
  ["pg_concat('a', NULL, 'b')", "concat('a', NULL, 'b')"],
  ['quote_nullable(NULL)', 'quote_nullable(NULL)'],
  ['pg_array_text(parse_ident(\'"A b".c\'), 25)', 'parse_ident(\'"A b".c\')'],
  [
    "regexp_replace('foobarbaz', 'b(..)', '[\\1\\&]', 'g')",
    "regexp_replace('foobarbaz', 'b(..)', '[\\1\\&]', 'g')",
  ],
  [
    "regexp_replace('A PostgreSQL function', 'a|e|i|o|u', 'X', 1, 3, 'i')",
    "regexp_replace('A PostgreSQL function', 'a|e|i|o|u', 'X', 1, 3, 'i')",
  ],
  ["regexp_replace('a', 'a', 'b', 'z')", "regexp_replace('a', 'a', 'b', 'z')"],
  ['pg_size_pretty(10239)', 'pg_size_pretty(10239::bigint)'],
  ['pg_size_pretty(10240)', 'pg_size_pretty(10240::bigint)'],
  ['pg_size_pretty(123456789012)', 'pg_size_pretty(123456789012)'],
  ["pg_size_bytes('1.5 GB')", "pg_size_bytes('1.5 GB')"],
  ["unistr('d\\0061t\\+000061')", "unistr('d\\0061t\\+000061')"],
];

const moments = [
  '2024-01-31 10:20:30',
  '2024-02-29 23:59:59.999999',
  '1999-12-31 00:00:00',
  '2000-01-01 12:00:00.5',
  '0044-03-15 00:00:00 BC',
  '1900-01-01 00:00:00',
  '2024-12-30 05:06:07.008',
];
const intervals = [
  '1 mon',
  '1 year 2 mons 3 days 04:05:06.789',
  '-1 days -02:00:00',
  '25:00:00',
  '40 days',
  '-00:00:01',
  '1 year -1 days',
  '00:00:00',
];
const units = [
  'microseconds',
  'milliseconds',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
  'decade',
  'century',
  'millennium',
];
const fields = [
  ...units,
  'dow',
  'isodow',
  'doy',
  'isoyear',
  'epoch',
  'julian',
  'nonsense',
  'timezone',
];

const datetime: readonly Example[] = [
  ...crossed(fields, moments, [['pg_extract($1, $2)', 'date_part_($1, $2::timestamp)']]),
  ...crossed(
    fields,
    ['2024-02-29', '0044-03-15 BC', '1999-01-03'],
    [['pg_extract_date($1, $2)', 'date_part_($1, $2::date)']],
  ),
  ...crossed(fields, intervals, [['pg_extract_interval($1, $2)', 'date_part_($1, $2::interval)']]),
  ...crossed(
    fields,
    ['10:20:30.5', '00:00:00'],
    [['pg_extract_time($1, $2)', 'date_part_($1, $2::time)']],
  ),
  ...crossed([...units, 'nonsense'], moments, [
    ['date_trunc($1, $2)', 'date_trunc($1, $2::timestamp)'],
  ]),
  ...crossed([...units, 'nonsense'], intervals, [
    ['pg_interval_trunc($1, $2)', 'date_trunc($1, $2::interval)'],
  ]),
  ...crossed(moments, intervals, [
    ['pg_timestamp_add($1, $2)', '$1::timestamp + $2::interval'],
    ['pg_timestamp_sub($1, $2)', '$1::timestamp - $2::interval'],
  ]),
  ...crossed(moments, moments, [
    ['pg_timestamp_diff($1, $2)', '$1::timestamp - $2::timestamp'],
    ['pg_age($1, $2)', 'age($1::timestamp, $2::timestamp)'],
  ]),
  ...crossed(intervals, intervals, [
    ['pg_interval_add($1, $2)', '$1::interval + $2::interval'],
    ['pg_interval_sub($1, $2)', '$1::interval - $2::interval'],
    ['pg_interval_cmp($1, $2)', 'interval_cmp($1::interval, $2::interval)'],
  ]),
  ...crossed(
    intervals,
    ['1.5', '-2', '0.3333', '3'],
    [
      ['pg_interval_mul($1, CAST($2 AS REAL))', '$1::interval * $2::float8'],
      ['pg_interval_div($1, CAST($2 AS REAL))', '$1::interval / $2::float8'],
    ],
  ),
  ...each(intervals, [
    ['justify_days($1)', 'justify_days($1::interval)'],
    ['justify_hours($1)', 'justify_hours($1::interval)'],
    ['justify_interval($1)', 'justify_interval($1::interval)'],
    ['pg_interval_neg($1)', '-($1::interval)'],
  ]),
  ...each(
    [
      '2024-01-31',
      'Jan 8, 1999',
      '8 January 1999',
      '1/8/1999',
      '19990108',
      '990108',
      '1999.008',
      'J2451187',
      '2024-02-30',
      '2024-13-01',
      'x',
      '',
      'infinity',
      '99-01-08',
      '1999-Jan-08',
      '08-Jan-99',
      'January 8, 99 BC',
      '2024-01-31 10:00',
      '0000-01-01',
      'epoch',
      '1999 Jan 8',
    ],
    [['pg_cast_date($1)', '$1::date']],
  ),
  ...each(
    [
      '04:05:06.789',
      '04:05',
      '040506',
      '04:05 AM',
      '04:05 PM',
      '12:00 am',
      '24:00:00',
      '25:00',
      '04:60',
      'allballs',
      '04:05:06 PST',
      'x',
      '2024-01-01 10:00',
      '04:05:06.1234567',
      '13:00 PM',
    ],
    [['pg_cast_time($1)', '$1::time']],
  ),
  ...each(
    [
      '2024-01-31 10:20:30',
      '2024-01-31T10:20:30Z',
      '2024-01-31 10:20:30.123456789',
      '2024-01-31',
      'Wed Jan 31 10:20:30 2024',
      '20240131T102030',
      '2024-01-31 10:20:30+02',
      '2024-01-31 24:00:00',
      '2024-01-31 10:20:60',
      '2024-01-31 10:61:00',
      'infinity',
      '-infinity',
      'epoch',
      '2024-01-31 10:20:30 Europe/Berlin',
      '2024-01-31 10:20 Nowhere/Land',
      'x',
      '2024-01-31 10:20:30 BC',
      '2024-02-30 00:00:00',
      '300000-01-01',
      '10:20:30',
      'January 31 2024 10:20 PM',
    ],
    [
      ['pg_cast_timestamp($1)', '$1::timestamp'],
      [
        "pg_timestamptz_text(pg_cast_timestamptz($1, 'Europe/Berlin'), 'Europe/Berlin')",
        '$1::timestamptz',
      ],
    ],
  ),
  ...each(
    [
      '1 year',
      '1 year 2 months 3 days 4 hours 5 minutes 6 seconds',
      '1-2',
      '3 4:05:06',
      'P1Y2M3DT4H5M6S',
      'P1W',
      'PT36H',
      '1.5 years',
      '1.5 months',
      '1.5 days',
      '-1 day',
      '1 day ago',
      '@ 1 day',
      '5',
      '10:20',
      '1 week',
      '2 decades',
      '',
      'x',
      '1 foo',
      '-1:30:00',
      '1 day -01:00:00',
      '1mon',
      'P0001-02-03T04:05:06',
      '1.5 hours',
      '0.1 second',
      '1e3 seconds',
      '100:00:00',
      '1 2:03',
      '1.1234567 seconds',
    ],
    [['pg_cast_interval($1)', '$1::interval']],
  ),
  ...crossed(
    [
      '2024-03-31 01:30:00',
      '2024-03-31 02:30:00',
      '2024-10-27 02:30:00',
      '2024-07-01 12:00:00',
      '1900-01-01 00:00:00',
    ],
    ['Europe/Berlin', 'America/New_York', 'UTC', '+02', 'EST', 'Asia/Kolkata', 'Nowhere'],
    [
      [
        "pg_timestamptz_text(pg_timestamp_at_zone($1, $2), 'Europe/Berlin')",
        '$1::timestamp at time zone $2',
      ],
      ["pg_timestamptz_local($1 || '+00', $2)", "($1 || '+00')::timestamptz at time zone $2"],
    ],
  ),
  ...crossed(
    ['day', 'hour', 'month', 'week'],
    ['2024-03-31 12:34:56+00', '2024-10-27 00:30:00+00', '2024-06-15 23:30:00+00'],
    [
      [
        "pg_timestamptz_text(pg_date_trunc_tz($1, $2, 'Europe/Berlin'), 'Europe/Berlin')",
        'date_trunc($1, $2::timestamptz)',
      ],
    ],
  ),
  ...crossed(
    ['2024-03-30 11:00:00+00', '2024-10-26 11:00:00+00'],
    ['1 day', '24:00:00', '1 mon', '1 day 12:00:00'],
    [
      [
        "pg_timestamptz_text(pg_timestamptz_add($1, $2, 'Europe/Berlin'), 'Europe/Berlin')",
        '$1::timestamptz + $2::interval',
      ],
    ],
  ),
  ['make_date(2024, 2, 29)', 'make_date(2024, 2, 29)'],
  ['make_date(2023, 2, 29)', 'make_date(2023, 2, 29)'],
  ['make_date(-44, 3, 15)', 'make_date(-44, 3, 15)'],
  ['make_time(8, 15, 23.5)', 'make_time(8, 15, 23.5)'],
  ['make_time(25, 0, 0)', 'make_time(25, 0, 0)'],
  ['make_timestamp(2013, 7, 15, 8, 15, 23.5)', 'make_timestamp(2013, 7, 15, 8, 15, 23.5)'],
  ['make_interval(1, 2, 3, 4, 5, 6, 7.5)', 'make_interval(1, 2, 3, 4, 5, 6, 7.5)'],
  [
    "pg_timestamptz_text(pg_epoch_timestamptz(1700000000.25), 'Europe/Berlin')",
    'to_timestamp(1700000000.25)',
  ],
  [
    "date_bin('15 minutes', '2020-02-11 15:44:17', '2001-01-01 00:00:00')",
    "date_bin('15 minutes', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01')",
  ],
  [
    "date_bin('15 minutes', '1999-02-11 15:44:17', '2001-01-01 00:02:30')",
    "date_bin('15 minutes', timestamp '1999-02-11 15:44:17', timestamp '2001-01-01 00:02:30')",
  ],
  [
    "date_bin('1 month', '1999-02-11 15:44:17', '2001-01-01 00:02:30')",
    "date_bin('1 month', timestamp '1999-02-11 15:44:17', timestamp '2001-01-01 00:02:30')",
  ],
  ["pg_date_add('2024-02-28', 2)", "date '2024-02-28' + 2"],
  ["pg_date_diff('2024-03-01', '2023-03-01')", "date '2024-03-01' - date '2023-03-01'"],
  ["pg_time_add('23:00:00', '02:30:00')", "time '23:00' + interval '2:30'"],
  ["pg_time_sub('01:00:00', '02:30:00')", "time '01:00' - interval '2:30'"],
  ["pg_time_diff('01:00:00', '02:30:00')", "time '01:00' - time '2:30'"],
  [
    "pg_overlaps('2024-01-01', '2024-02-01', '2024-01-15', '2024-03-01')",
    "(date '2024-01-01', date '2024-02-01') overlaps (date '2024-01-15', date '2024-03-01')",
  ],
  [
    "pg_overlaps('2024-01-01', '2024-02-01', '2024-02-01', '2024-03-01')",
    "(date '2024-01-01', date '2024-02-01') overlaps (date '2024-02-01', date '2024-03-01')",
  ],
  [
    "pg_array_text(pg_series_timestamp('2024-01-30 00:00:00', '2024-04-01 00:00:00', '1 month'), 1114)",
    "array(select generate_series(timestamp '2024-01-30', timestamp '2024-04-01', '1 month'))",
  ],
  ['pg_array_text(pg_series_int(5, 1, -2), 23)', 'array(select generate_series(5, 1, -2))'],
  [
    "pg_array_text(pg_series_numeric('1', '2', '0.3'), 1700)",
    'array(select generate_series(1, 2, 0.3))',
  ],
  ['pg_series_int(5, 1, 0)', 'array(select generate_series(5, 1, 0))'],
  ["pg_time_precision('2024-01-01 10:00:00.56', 1)", "'2024-01-01 10:00:00.56'::timestamp(1)"],
  ["pg_time_precision('10:00:00.56', 0)", "'10:00:00.56'::time(0)"],
  ["pg_time_precision('1 day 00:00:01.567', 2)", "'1 day 00:00:01.567'::interval(2)"],
];

const templates = [
  'YYYY-MM-DD HH24:MI:SS',
  'Day, DD Month YYYY',
  'FMDay, FMDD FMMonth YYYY',
  'Dy Mon DD HH12:MI:SS AM',
  'YY Y IYYY IW ID',
  'DDD D W WW Q CC J',
  'SSSS MS US',
  'FMMM/FMDD/YY',
  'DDth "of" Month',
  'HH:MI a.m.',
  'month MONTH Mon',
  'RM rm',
  'BC AD',
  'Y,YYY',
  'FF3',
  'TZ',
];
const numberTemplates = [
  '999',
  '0999',
  '9.99',
  '990.00',
  '9,999',
  'FM999.99',
  'FM990.00',
  'S999',
  '999S',
  '999MI',
  'PR999',
  '999PR',
  '9G999D99',
  'RN',
  'FMRN',
  '999th',
  '9.9EEEE',
  'L999',
  'SG999',
  'PL999',
  '00000',
  '99999V99',
  'FM9999999999',
  '"n="999',
];

const formats: readonly Example[] = [
  ...crossed(moments, templates, [['to_char($1, $2)', 'to_char($1::timestamp, $2)']]),
  ...crossed(
    ['2024-03-31 12:34:56+00', '2024-01-01 00:00:00+00'],
    ['YYYY-MM-DD HH24:MI:SSOF', 'TZ', 'tz', 'TZH:TZM', 'HH24:MI TZ'],
    [["pg_to_char_tz($1, $2, 'Europe/Berlin')", 'to_char($1::timestamptz, $2)']],
  ),
  ...crossed(
    intervals,
    ['HH24:MI:SS', 'YYYY MM DD', 'DD HH12 AM', 'MS US'],
    [['pg_to_char_interval($1, $2)', 'to_char($1::interval, $2)']],
  ),
  ...crossed(
    ['0', '1', '-1', '12.345', '-485.8', '1234.5', '0.1', '-0.1', '3999', '123456'],
    numberTemplates,
    [['pg_to_char_number($1, $2)', 'to_char($1::numeric, $2)']],
  ),
  ["to_date('05 Dec 2000', 'DD Mon YYYY')", "to_date('05 Dec 2000', 'DD Mon YYYY')"],
  ["to_date('2024-060', 'YYYY-DDD')", "to_date('2024-060', 'YYYY-DDD')"],
  ["to_date('20240229', 'YYYYMMDD')", "to_date('20240229', 'YYYYMMDD')"],
  ["to_date('20230229', 'YYYYMMDD')", "to_date('20230229', 'YYYYMMDD')"],
  ["to_date('2024-01', 'IYYY-IW')", "to_date('2024-01', 'IYYY-IW')"],
  ["to_date('x', 'YYYY')", "to_date('x', 'YYYY')"],
  ["to_date('12/31/99', 'MM/DD/YY')", "to_date('12/31/99', 'MM/DD/YY')"],
  ["to_date('1 March 24', 'DD Month YY')", "to_date('1 March 24', 'DD Month YY')"],
  [
    "pg_timestamptz_text(pg_to_timestamp('2024-01-02 03:04:05.678 PM', 'YYYY-MM-DD HH12:MI:SS.MS AM', 'Europe/Berlin'), 'Europe/Berlin')",
    "to_timestamp('2024-01-02 03:04:05.678 PM', 'YYYY-MM-DD HH12:MI:SS.MS AM')",
  ],
  [
    "pg_timestamptz_text(pg_to_timestamp('2024-01-02T03:04:05+03', 'YYYY-MM-DD\"T\"HH24:MI:SSTZH', 'Europe/Berlin'), 'Europe/Berlin')",
    "to_timestamp('2024-01-02T03:04:05+03', 'YYYY-MM-DD\"T\"HH24:MI:SSTZH')",
  ],
  ["to_number('12,454.8-', '99G999D9S')", "to_number('12,454.8-', '99G999D9S')"],
  ["to_number('$1,234.56', 'L9,999.99')", "to_number('$1,234.56', 'L9,999.99')"],
  ["to_number('-123', 'S999')", "to_number('-123', 'S999')"],
];

const documents = [
  '{"b":1,"a":[1,2,{"c":null}],"aa":"x"}',
  '[1, "a", null, true, 2.50]',
  '"x"',
  '12.0',
  'null',
  '{}',
  '[]',
  '{"a":{"b":{"c":1}}}',
  '{"a":1,"a":2}',
];
const paths = [
  '$',
  '$.a',
  '$.a[*]',
  '$[0]',
  '$[*] ? (@ > 1)',
  '$.**',
  '$.a.b.c',
  'strict $.zz',
  '$.size()',
  '$.type()',
  '$[last]',
  '$.a ? (exists(@.b))',
  '$.b + 1',
  '$[*] ? (@ starts with "a")',
  '$.*',
  'lax $.a[0 to 1]',
  '$.a == 1',
  '$[0].double()',
  '$.a +',
  '$.a[*] ? (@.c == null)',
];

const json: readonly Example[] = [
  ...each(
    [
      ...documents,
      '{"a"',
      '{a:1}',
      '[1,]',
      '',
      'tru',
      '"\\u0000"',
      '{"a":1e2,"b":-0.0,"c":1.50}',
      '"é\\u00e9\\n"',
    ],
    [
      ['pg_cast_json($1)', '$1::json'],
      ['pg_cast_jsonb($1)', '$1::jsonb'],
    ],
  ),
  ...crossed(
    documents,
    ['a', 'b', 'zz'],
    [
      ['pg_json_get($1, $2)', '$1::json -> $2'],
      ['pg_jsonb_get($1, $2)', '$1::jsonb -> $2'],
      ['pg_json_get_text($1, $2)', '$1::json ->> $2'],
      ['pg_jsonb_get_text($1, $2)', '$1::jsonb ->> $2'],
      ['pg_jsonb_exists(pg_cast_jsonb($1), $2)', '$1::jsonb ? $2'],
      ['pg_jsonb_delete(pg_cast_jsonb($1), $2)', '$1::jsonb - $2::text'],
    ],
  ),
  ...each(documents, [
    ['pg_json_get($1, 1)', '$1::json -> 1'],
    ['pg_jsonb_get($1, -1)', '$1::jsonb -> -1'],
    ['pg_json_array_length($1)', 'json_array_length($1::json)'],
    ['json_typeof($1)', 'json_typeof($1::json)'],
    ['json_strip_nulls($1)', 'json_strip_nulls($1::json)'],
    ['jsonb_pretty(pg_cast_jsonb($1))', 'jsonb_pretty($1::jsonb)'],
    ['pg_jsonb_delete(pg_cast_jsonb($1), 1)', '$1::jsonb - 1'],
    ['pg_jsonb_delete_path(pg_cast_jsonb($1), \'["a","b"]\')', "$1::jsonb #- '{a,b}'"],
    ['pg_jsonb_delete_path(pg_cast_jsonb($1), \'["1"]\')', "$1::jsonb #- '{1}'"],
    ["pg_jsonb_set(pg_cast_jsonb($1), '[\"a\"]', '7', 1)", "jsonb_set($1::jsonb, '{a}', '7')"],
    [
      "pg_jsonb_set(pg_cast_jsonb($1), '[\"z\"]', '7', 0)",
      "jsonb_set($1::jsonb, '{z}', '7', false)",
    ],
    [
      'pg_jsonb_set(pg_cast_jsonb($1), \'["a","0"]\', \'7\', 1)',
      "jsonb_set($1::jsonb, '{a,0}', '7')",
    ],
    ["pg_jsonb_set(pg_cast_jsonb($1), '[\"5\"]', '7', 1)", "jsonb_set($1::jsonb, '{5}', '7')"],
    [
      "pg_jsonb_insert(pg_cast_jsonb($1), '[\"0\"]', '7', 0)",
      "jsonb_insert($1::jsonb, '{0}', '7')",
    ],
    [
      "pg_jsonb_insert(pg_cast_jsonb($1), '[\"a\"]', '7', 1)",
      "jsonb_insert($1::jsonb, '{a}', '7', true)",
    ],
    ['pg_json_path($1, \'["a","0"]\')', "$1::json #> '{a,0}'"],
    ['pg_jsonb_path_text($1, \'["a","b"]\')', "$1::jsonb #>> '{a,b}'"],
  ]),
  ...crossed(documents, documents, [
    ['pg_jsonb_contains(pg_cast_jsonb($1), pg_cast_jsonb($2))', '$1::jsonb @> $2::jsonb'],
    ['pg_jsonb_concat(pg_cast_jsonb($1), pg_cast_jsonb($2))', '$1::jsonb || $2::jsonb'],
    [
      'pg_jsonb_cmp(pg_cast_jsonb($1), pg_cast_jsonb($2))',
      'sign(jsonb_cmp($1::jsonb, $2::jsonb))::int',
    ],
  ]),
  ...crossed(documents, paths, [
    [
      'jsonb_path_query_array(pg_cast_jsonb($1), $2)',
      'jsonb_path_query_array($1::jsonb, $2::jsonpath)',
    ],
    ['jsonb_path_exists(pg_cast_jsonb($1), $2)', 'jsonb_path_exists($1::jsonb, $2::jsonpath)'],
  ]),
  ["pg_to_json('2024-01-01 10:00:00', 1114)", "to_json(timestamp '2024-01-01 10:00:00')"],
  ["pg_to_json('[1,2,null]', 1007)", "to_json('{1,2,null}'::int[])"],
  ['pg_to_json(1, 16)', 'to_json(true)'],
  ["pg_to_json('1.50', 1700)", 'to_json(1.50)'],
  ['pg_to_json(1e30, 701)', 'to_json(1e30::float8)'],
  ["pg_to_json('a\"b', 25)", "to_json('a\"b'::text)"],
  ["pg_json_build_object('a', '1', 'b', NULL)", "json_build_object('a', 1, 'b', NULL)"],
  ["pg_json_build_array('1', '\"x\"')", "json_build_array(1, 'x')"],
  [
    "pg_json_row('a', '1', 'b', '\"x\"')",
    "(select row_to_json(t) from (select 1 as a, 'x' as b) t)",
  ],
  ['pg_json_object(\'["a","1","b",null]\')', "json_object('{a,1,b,null}')"],
  ['pg_json_object(\'["a"]\')', "json_object('{a}')"],
  [
    "pg_json_agg(value) from json_each('[1,2]')",
    '(select json_agg(x) from generate_series(1,2) x)',
  ],
  [
    "pg_jsonb_object_agg(value, value) from json_each('[1,2]')",
    '(select jsonb_object_agg(x, x) from generate_series(1,2) x)',
  ],
  [
    "pg_json_object_agg(value, value) from json_each('[1,2]')",
    '(select json_object_agg(x, x) from generate_series(1,2) x)',
  ],
  [
    'pg_array_text(pg_json_keys(\'{"b":1,"a":2}\'), 25)',
    'array(select json_object_keys(\'{"b":1,"a":2}\'))',
  ],
  ["pg_json_keys('[1]')", "array(select json_object_keys('[1]'))"],
  ["pg_json_elements('{}')", "array(select json_array_elements('{}'))"],
  ["pg_json_each('[]')", "array(select json_each('[]')::text)"],
];

const arrays = ['{1,2,3}', '{}', '{3,NULL,1}', '{2}', '{{1,2},{3,4}}'];

const arrayExamples: readonly Example[] = [
  ...crossed(arrays, arrays, [
    ['pg_array_contains(pg_cast_array($1, 23), pg_cast_array($2, 23))', '$1::int[] @> $2::int[]'],
    ['pg_array_overlaps(pg_cast_array($1, 23), pg_cast_array($2, 23))', '$1::int[] && $2::int[]'],
    [
      'pg_array_cmp(pg_cast_array($1, 23), pg_cast_array($2, 23))',
      'btarraycmp($1::int[], $2::int[])',
    ],
    [
      'pg_array_text(pg_array_cat(pg_cast_array($1, 23), pg_cast_array($2, 23)), 23)',
      '$1::int[] || $2::int[]',
    ],
  ]),
  ...each(arrays, [
    ['array_length(pg_cast_array($1, 23), 1)', 'array_length($1::int[], 1)'],
    ['array_length(pg_cast_array($1, 23), 2)', 'array_length($1::int[], 2)'],
    ['array_dims(pg_cast_array($1, 23))', 'array_dims($1::int[])'],
    ['array_ndims(pg_cast_array($1, 23))', 'array_ndims($1::int[])'],
    ['cardinality(pg_cast_array($1, 23))', 'cardinality($1::int[])'],
    ["array_to_string(pg_cast_array($1, 23), ',', NULL, 23)", "array_to_string($1::int[], ',')"],
    [
      "array_to_string(pg_cast_array($1, 23), ',', '*', 23)",
      "array_to_string($1::int[], ',', '*')",
    ],
    ['pg_array_get(pg_cast_array($1, 23), 2)', '($1::int[])[2]'],
    ['pg_array_get(pg_cast_array($1, 23), 2, 1)', '($1::int[])[2][1]'],
    ['pg_array_text(pg_array_slice(pg_cast_array($1, 23), 2, NULL), 23)', '($1::int[])[2:]'],
  ]),
  ...each(
    ['{1,2,3}', '{}', '{3,NULL,1}', '{2,2}'],
    [
      ['pg_array_text(array_append(pg_cast_array($1, 23), 9), 23)', 'array_append($1::int[], 9)'],
      [
        'pg_array_text(array_prepend(NULL, pg_cast_array($1, 23)), 23)',
        'array_prepend(NULL, $1::int[])',
      ],
      ['pg_array_text(array_remove(pg_cast_array($1, 23), 2), 23)', 'array_remove($1::int[], 2)'],
      [
        'pg_array_text(array_replace(pg_cast_array($1, 23), 2, 7), 23)',
        'array_replace($1::int[], 2, 7)',
      ],
      ['array_position(pg_cast_array($1, 23), NULL)', 'array_position($1::int[], NULL)'],
      [
        'pg_array_text(array_positions(pg_cast_array($1, 23), 2), 23)',
        'array_positions($1::int[], 2)',
      ],
      ["pg_array_any(2, '=', pg_cast_array($1, 23), 23)", '2 = ANY($1::int[])'],
      ["pg_array_all(2, '<=', pg_cast_array($1, 23), 23)", '2 <= ALL($1::int[])'],
      ["pg_array_any(9, '<>', pg_cast_array($1, 23), 23)", '9 <> ANY($1::int[])'],
    ],
  ),
  ["pg_array_text(array_fill(7, pg_cast_array('{2,2}', 23)), 23)", "array_fill(7, '{2,2}'::int[])"],
  ["pg_array_text(trim_array('[1,2,3]', 2), 23)", "trim_array('{1,2,3}'::int[], 2)"],
  ["trim_array('[1,2,3]', 5)", "trim_array('{1,2,3}'::int[], 5)"],
  [
    "pg_array_text(pg_array_agg(value), 23) from json_each('[3,null,1]')",
    "(select array_agg(x) from unnest('{3,null,1}'::int[]) x)",
  ],
];

const rows = "from json_each('[1,2,4,7.5,null,-3]')";
const floats = "from unnest('{1,2,4,7.5,null,-3}'::float8[]) value";
const decimals = "from unnest('{1,2,4,7.5,null,-3}'::numeric[]) value";

const aggregates: readonly Example[] = [
  ...(
    ['sum', 'avg', 'var_samp', 'var_pop', 'stddev_samp', 'stddev_pop', 'min', 'max'] as const
  ).map(
    (name): Example => [`pg_numeric_${name}(value) ${rows}`, `(select ${name}(value) ${decimals})`],
  ),
  ...(['var_samp', 'var_pop', 'stddev_samp', 'stddev_pop'] as const).map(
    (name): Example => [`pg_${name}(value) ${rows}`, `(select ${name}(value) ${floats})`],
  ),
  ...(
    [
      'corr',
      'covar_pop',
      'covar_samp',
      'regr_count',
      'regr_avgx',
      'regr_avgy',
      'regr_sxx',
      'regr_syy',
      'regr_sxy',
      'regr_slope',
      'regr_intercept',
      'regr_r2',
    ] as const
  ).map(
    (name): Example => [
      `pg_${name}(value * value, value) ${rows}`,
      `(select ${name}(value * value, value) ${floats})`,
    ],
  ),
  [
    `pg_percentile_cont(value, 0.3) ${rows}`,
    `(select percentile_cont(0.3) within group (order by value) ${floats})`,
  ],
  [
    `pg_percentile_disc(value, 0.3) ${rows}`,
    `(select percentile_disc(0.3) within group (order by value) ${floats})`,
  ],
  [`pg_mode(value) ${rows}`, `(select mode() within group (order by value) ${floats})`],
  [
    'pg_interval_sum(value) from json_each(\'["1 day","02:00:00"]\')',
    "(select sum(x) from unnest('{1 day,02:00:00}'::interval[]) x)",
  ],
  [
    'pg_interval_avg(value) from json_each(\'["1 day","02:00:00"]\')',
    "(select avg(x) from unnest('{1 day,02:00:00}'::interval[]) x)",
  ],
  ["pg_bit_and(value) from json_each('[7,3]')", '(select bit_and(x) from unnest(array[7,3]) x)'],
  ["pg_bit_xor(value) from json_each('[7,3]')", '(select bit_xor(x) from unnest(array[7,3]) x)'],
];

const arithmetic: readonly Example[] = [
  ['pg_int_div(7, -2)', '7 / -2'],
  ['pg_int_div(1, 0)', '1 / 0'],
  ['pg_int_mod(-7, 3)', '-7 % 3'],
  ['pg_int_mod(1, 0)', '1 % 0'],
  ['gcd(12, -18)', 'gcd(12, -18)'],
  ['lcm(4, 6)', 'lcm(4, 6)'],
  ['pg_float_div(1.0, 0.0)', '1::float8 / 0'],
  ['pg_float_power(-8.0, 0.5)', 'power(-8::float8, 0.5)'],
  ['pg_float_power(0.0, -1.0)', 'power(0::float8, -1)'],
  ['pg_float_power(1e300, 2.0)', 'power(1e300::float8, 2)'],
  ['pg_float_sqrt(-1.0)', 'sqrt(-1::float8)'],
  ['pg_float_ln(0.0)', 'ln(0::float8)'],
  ['pg_float_round(2.5)', 'round(2.5::float8)'],
  ['width_bucket(5.35, 0.024, 10.06, 5)', 'width_bucket(5.35, 0.024, 10.06, 5)'],
  ['width_bucket(5.35, 1, 1, 5)', 'width_bucket(5.35, 1, 1, 5)'],
  ['pg_num_nulls(1, NULL, NULL)', 'num_nulls(1, NULL, NULL)'],
  ['sind(30)', 'sind(30)'],
  ...[
    '1e20',
    '123456789012345680',
    '0.1',
    '1e-7',
    '0.0001',
    '1e15',
    '1e16',
    '-1.5',
    '100000',
    '5e-324',
    '1.7976931348623157e308',
  ].flatMap((value): Example[] => [
    [`pg_float8_text(CAST('${value}' AS REAL))`, `'${value}'::float8`],
    ...(Number(value) < 1e38 && Number(value) > 1e-38
      ? [
          [
            `pg_float4_text(pg_float4(CAST('${value}' AS REAL)))`,
            `'${value}'::float8::float4`,
          ] as const,
        ]
      : []),
  ]),
];

export const examples: Readonly<Record<string, readonly Example[]>> = {
  numeric,
  input,
  text,
  datetime,
  formats,
  json,
  arrays: arrayExamples,
  aggregates,
  arithmetic,
};
