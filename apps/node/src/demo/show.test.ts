// What the demo shows: in place on a terminal, as plain lines elsewhere, within 80 columns.

import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { count, counted, duration } from './numbers.ts';
import { isEqual, proofLines, type TableProof } from './proof.ts';
import { Screen, type ScreenStream } from './screen.ts';
import { type NodeReport, statusLine, statusTable } from './status.ts';

function collect(terminal: { readonly columns: number } | undefined): {
  readonly stream: ScreenStream;
  readonly text: () => string;
} {
  let text = '';
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      text += piece.toString();
      done();
    },
  });
  const shape = terminal === undefined ? {} : { isTTY: true, columns: terminal.columns };
  return { stream: Object.assign(stream, shape), text: () => text };
}

const busy: NodeReport = {
  number: 3,
  status: { members: 50, rows: 123_456, head: 1_234_567, lagVersions: 12_345, lagMs: 61_000 },
  stateText: 'up',
  writesPerSecond: 1_234,
};

it('writes plain lines where there is no terminal', () => {
  const { stream, text } = collect(undefined);
  const screen = new Screen(stream, {});
  screen.block(['one', 'two']);
  screen.line(screen.bold('event'));
  screen.block(['three']);
  expect(text()).toBe('one\ntwo\nevent\nthree\n');
});

it('changes the block in place on a terminal, below what stays', () => {
  const { stream, text } = collect({ columns: 6 });
  const screen = new Screen(stream, { NO_COLOR: '1' });
  screen.block(['one', 'too long for it']);
  screen.line(screen.dim('event'));
  screen.block(['four']);
  screen.keepBlock();
  screen.line('end');
  expect(text()).toBe(
    'one\ntoo l\n\u001b[2F\u001b[Jevent\none\ntoo l\n\u001b[2F\u001b[Jfour\nend\n',
  );
});

it('shows the state of nodes as lines and as a table', () => {
  expect(statusLine(busy)).toBe(
    'node 3  50 members  123,456 rows  head 1,234,567  lag 12,345 versions, 61 s  1,234 writes/s',
  );
  const down: NodeReport = { ...busy, number: 4, status: undefined, stateText: 'down' };
  expect(statusLine(down)).toBe('node 4  down');
  const table = statusTable([busy, down]);
  expect(table).toEqual([
    '           members      rows      head lag (versions)  lag (ms)  writes/s',
    'node 3          50   123,456 1,234,567         12,345    61,000     1,234',
    'node 4   down',
  ]);
  for (const line of table) expect(line.length).toBeLessThan(80);
});

it('shows numbers and times for people', () => {
  expect([count(1_234_567), counted(1, 'row'), counted(2, 'row')]).toEqual([
    '1,234,567',
    '1 row',
    '2 rows',
  ]);
  expect([duration(0), duration(999), duration(1_250), duration(123_456)]).toEqual([
    '0 ms',
    '999 ms',
    '1.3 s',
    '123 s',
  ]);
});

it('shows the proof, and tells equal nodes from others', () => {
  const proof = (checksum: string): TableProof[] => [
    { table: 'airports', rows: 3_376, checksum: 'a'.repeat(64) },
    { table: 'flights', rows: 20_000, checksum },
  ];
  const same = [proof('b'.repeat(64)), proof('b'.repeat(64))];
  expect(isEqual(same)).toBe(true);
  expect(isEqual([proof('b'.repeat(64)), proof('c'.repeat(64))])).toBe(false);
  expect(proofLines(same)).toEqual([
    'table     node   rows  checksum',
    `airports     1   3376  ${'a'.repeat(32)}`,
    `airports     2   3376  ${'a'.repeat(32)}`,
    `flights      1  20000  ${'b'.repeat(32)}`,
    `flights      2  20000  ${'b'.repeat(32)}`,
  ]);
});
