// Examples of numbers: exact ones, arithmetic, aggregates.

import { crossed, type Example, each } from './example-templates.ts';

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

export const numeric: readonly Example[] = [
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

const rows = "from json_each('[1,2,4,7.5,null,-3]')";
const floats = "from unnest('{1,2,4,7.5,null,-3}'::float8[]) value";
const decimals = "from unnest('{1,2,4,7.5,null,-3}'::numeric[]) value";

export const aggregates: readonly Example[] = [
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

export const arithmetic: readonly Example[] = [
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
