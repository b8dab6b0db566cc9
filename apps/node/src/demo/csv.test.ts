// Comma-separated values: quotes, empty fields, and every text that a writer can make.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseCsv } from './csv.ts';

it('reads plain, quoted and empty fields', () => {
  const text = 'a,b,c\n1,"two, three",\r\n"say ""hi""","",x\n\n';
  expect(parseCsv(text)).toEqual([
    ['a', 'b', 'c'],
    ['1', 'two, three', ''],
    ['say "hi"', '', 'x'],
  ]);
});

it('reads what a writer has written, with or without a last line end', () => {
  const field = fc.oneof(fc.constantFrom('', ',', '"', '\n', '\r\n', 'a'), fc.string());
  const record = fc.array(field, { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      (records, ended) => {
        const lines = records.map((fields) => fields.map(quoted).join(','));
        expect(parseCsv(lines.join('\n') + (ended ? '\n' : ''))).toEqual(records);
      },
    ),
  );
});

it('refuses what is no CSV', () => {
  expect(() => parseCsv('a,b\n"open,c')).toThrow(SyntaxError);
  expect(() => parseCsv('a"b,c')).toThrow(SyntaxError);
});

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
