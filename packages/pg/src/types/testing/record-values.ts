// Asks a PostgreSQL 15 for the text and the binary form of the examples' values, and writes values.jsonl. Run by
// hand: PGHOST=… node packages/pg/src/types/testing/record-values.ts

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { valueExamples } from './value-examples.ts';

/** The functions that send a type have its name, but for these. */
const sendByType: Readonly<Record<string, string>> = {
  int2: 'int2send',
  int4: 'int4send',
  int8: 'int8send',
  bool: 'boolsend',
  bytea: 'byteasend',
  text: 'textsend',
  name: 'namesend',
  oid: 'oidsend',
  float4: 'float4send',
  float8: 'float8send',
  varchar: 'varcharsend',
  'char(5)': 'bpcharsend',
  '"char"': 'charsend',
};

const queries = valueExamples.flatMap(({ oid, type, inputs }) =>
  inputs.map((input) => {
    const value = `'${input.replaceAll("'", "''")}'::${type}`;
    const send = type.endsWith('[]') ? 'array_send' : (sendByType[type] ?? `${type}_send`);
    return `SELECT json_build_object('oid', ${oid}, 'input', '${input.replaceAll("'", "''")}',
      'text', format('%s', ${value}), 'binary', encode(${send}(${value}), 'hex'));`;
  }),
);
const script = `SET timezone = 'Europe/Berlin'; ${queries.join('\n')}`;
const output = execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1'], { input: script });
writeFileSync(new URL('./values.jsonl', import.meta.url), output);
