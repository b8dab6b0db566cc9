// Examples of documents and arrays.

import { crossed, type Example, each } from './example-templates.ts';

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

export const json: readonly Example[] = [
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

export const arrayExamples: readonly Example[] = [
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
