// Values of each type in an input form; what PostgreSQL 15 makes of them is in values.jsonl, which
// record-values.ts writes.

export interface ValueExamples {
  readonly oid: number;
  /** As casts name it. */
  readonly type: string;
  readonly inputs: readonly string[];
}

export const valueExamples: readonly ValueExamples[] = [
  { oid: 16, type: 'bool', inputs: ['t', 'false', 'yes'] },
  { oid: 17, type: 'bytea', inputs: ['\\x', '\\x00ff10', 'a\\000b'] },
  { oid: 18, type: '"char"', inputs: ['a'] },
  { oid: 19, type: 'name', inputs: ['pg_class'] },
  { oid: 20, type: 'int8', inputs: ['0', '-1', '9223372036854775807', '-9223372036854775808'] },
  { oid: 21, type: 'int2', inputs: ['0', '-32768', '32767'] },
  { oid: 23, type: 'int4', inputs: ['0', '-2147483648', '2147483647'] },
  { oid: 25, type: 'text', inputs: ['', 'ñ 😀', "it's"] },
  { oid: 26, type: 'oid', inputs: ['0', '4294967295'] },
  { oid: 114, type: 'json', inputs: ['{"a" : 1.50}', '[]'] },
  {
    oid: 700,
    type: 'float4',
    inputs: ['0', '-0', '1.5', '0.1', '1e10', '1e-5', '3.4028235e38', 'Infinity', '123456.7'],
  },
  {
    oid: 701,
    type: 'float8',
    inputs: [
      '0',
      '-0',
      '0.1',
      '1e20',
      '1e15',
      '1e-5',
      '0.0001',
      '-Infinity',
      '5e-324',
      '1.7976931348623157e308',
    ],
  },
  {
    oid: 1700,
    type: 'numeric',
    inputs: [
      '0',
      '0.00',
      '1',
      '-1.50',
      '10000',
      '0.0001',
      '99999999999999999999.123',
      '1e-20',
      '-100000000',
      '12.3400',
    ],
  },
  { oid: 1042, type: 'char(5)', inputs: ['ab', 'abcde'] },
  { oid: 1043, type: 'varchar', inputs: ['', 'abc'] },
  {
    oid: 1082,
    type: 'date',
    inputs: [
      '2000-01-01',
      '1999-12-31',
      '0044-03-15 BC',
      'infinity',
      '-infinity',
      '2024-02-29',
      '4713-01-01 BC',
      '5874897-12-31',
    ],
  },
  { oid: 1083, type: 'time', inputs: ['00:00:00', '23:59:59.999999', '24:00:00', '12:30'] },
  { oid: 1266, type: 'timetz', inputs: ['12:30:00+02', '00:00:00-05:30', '23:59:59.5+00'] },
  {
    oid: 1114,
    type: 'timestamp',
    inputs: [
      '2000-01-01 00:00:00',
      '1999-12-31 23:59:59.999999',
      '0001-01-01 00:00:00 BC',
      'infinity',
      '2024-02-29 12:00:00.5',
      '294276-12-31 23:59:59',
    ],
  },
  {
    oid: 1184,
    type: 'timestamptz',
    inputs: [
      '2000-01-01 00:00:00+00',
      '2024-07-01 12:00:00+02',
      '2024-01-01 00:00:00',
      '1900-01-01 00:00:00+00',
      '-infinity',
      '0044-03-15 12:00:00+00 BC',
    ],
  },
  {
    oid: 1186,
    type: 'interval',
    inputs: [
      '0',
      '1 year 2 mons 3 days 04:05:06.7',
      '-1 mons +3 days',
      '-00:00:00.5',
      '1 day -25:00:00',
      '100 years',
    ],
  },
  { oid: 2950, type: 'uuid', inputs: ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'] },
  { oid: 3802, type: 'jsonb', inputs: ['{"b":1,"a":[1.50,null]}', '"x"', '1e2'] },
  { oid: 1000, type: 'bool[]', inputs: ['{t,f,NULL}', '{}'] },
  { oid: 1007, type: 'int4[]', inputs: ['{}', '{1,NULL,-3}', '{{1,2},{3,4}}'] },
  { oid: 1016, type: 'int8[]', inputs: ['{9223372036854775807,1}'] },
  { oid: 1009, type: 'text[]', inputs: ['{a,"b c","d\\"e",NULL,"NULL",""}', '{"{}","\\\\"}'] },
  { oid: 1022, type: 'float8[]', inputs: ['{0.1,1e20,Infinity}'] },
  { oid: 1231, type: 'numeric[]', inputs: ['{1.50,0,-3}'] },
  { oid: 1115, type: 'timestamp[]', inputs: ['{"2024-01-01 00:00:00",NULL}'] },
  { oid: 1185, type: 'timestamptz[]', inputs: ['{"2024-07-01 12:00:00+00"}'] },
  { oid: 1187, type: 'interval[]', inputs: ['{"1 day",02:00:00}'] },
  { oid: 1001, type: 'bytea[]', inputs: ['{"\\\\x00ff","\\\\x"}'] },
  { oid: 2951, type: 'uuid[]', inputs: ['{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'] },
  { oid: 3807, type: 'jsonb[]', inputs: ['{"{\\"a\\": 1}","[1, 2]"}'] },
  { oid: 1182, type: 'date[]', inputs: ['{2024-02-29,infinity}'] },
];
