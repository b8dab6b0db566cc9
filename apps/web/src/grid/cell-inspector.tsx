// One cell as a whole: its text, pretty JSON, the bytes of a BLOB, the forms of a number.

'use client';

import { type ReactNode, useMemo, useState } from 'react';
import { formatBytes, formatCount } from '../format/numbers.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Segments } from '../ui/fields.tsx';
import { wholeText } from './cell-text.ts';
import type { CellValue } from './grid-types.ts';

/** Characters and bytes that are laid out; all of them are copied. */
const shownCharsMax = 1_000_000;
const shownBytesMax = 16_384;

interface CellInspectorProps {
  readonly title: string;
  readonly value: CellValue;
  readonly note?: string | undefined;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function CellInspector(props: CellInspectorProps): ReactNode {
  const { title, value, note, isOpen, onClose } = props;
  return (
    <Dialog title={`Cell ${title}`} place="right" isOpen={isOpen} onClose={onClose}>
      {isOpen ? <Inside value={value} note={note} /> : null}
    </Dialog>
  );
}

type Form = 'text' | 'json';

function Inside({
  value,
  note,
}: {
  readonly value: CellValue;
  readonly note: string | undefined;
}): ReactNode {
  const json = useMemo(() => prettyJson(value), [value]);
  const [form, setForm] = useState<Form>(json === undefined ? 'text' : 'json');
  return (
    <div className="flex flex-col gap-3 p-4 text-sm">
      <div className="flex flex-wrap items-center gap-2">
        <p className="mr-auto text-ink-2">{describe(value)}</p>
        {json === undefined ? null : (
          <Segments<Form>
            label="Form"
            value={form}
            choices={[
              { value: 'json', label: 'JSON' },
              { value: 'text', label: 'Text' },
            ]}
            onChoose={setForm}
          />
        )}
        <CopyButton label="Copy the value" text={() => wholeText(value)} />
      </div>
      {note === undefined ? null : <p className="text-ink-2">{note}</p>}
      <Value value={value} json={form === 'json' ? json : undefined} />
    </div>
  );
}

function Value({
  value,
  json,
}: {
  readonly value: CellValue;
  readonly json: string | undefined;
}): ReactNode {
  if (value === null) return <p className="text-ink-3 italic">NULL</p>;
  if (value === '') return <p className="text-ink-3 italic">An empty text</p>;
  const text = Array.isArray(value) ? hexDump(value) : (json ?? wholeText(value));
  const isCut = text.length > shownCharsMax;
  return (
    <>
      <pre
        dir="auto"
        className="max-h-[70dvh] overflow-auto rounded-md bg-sunken p-3 text-xs break-all whitespace-pre-wrap"
      >
        {isCut ? text.slice(0, shownCharsMax) : text}
      </pre>
      {isCut || (Array.isArray(value) && value.length > shownBytesMax) ? (
        <p className="text-ink-2">The rest is left out here. Copying takes all of it.</p>
      ) : null}
      {typeof value === 'number' || typeof value === 'bigint' ? (
        <NumberForms value={value} />
      ) : null}
    </>
  );
}

function NumberForms({ value }: { readonly value: number | bigint }): ReactNode {
  const whole =
    typeof value === 'bigint' || Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (whole === undefined) return null;
  const forms: readonly (readonly [string, string])[] = [
    ['Grouped', formatCount(whole)],
    ['Hexadecimal', `${whole < 0n ? '-' : ''}0x${(whole < 0n ? -whole : whole).toString(16)}`],
    ...momentOf(whole),
  ];
  return (
    <dl className="figures grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
      {forms.map(([name, text]) => (
        <div key={name} className="contents">
          <dt className="text-ink-3">{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Numbers of the size of Unix times of these decades are probably ones. */
function momentOf(whole: bigint): readonly (readonly [string, string])[] {
  const ms = whole > 100_000_000_000n ? whole : whole * 1_000n;
  if (ms < 946_684_800_000n || ms > 4_102_444_800_000n) return [];
  return [['As a Unix time', new Date(Number(ms)).toISOString()]];
}

function describe(value: CellValue): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `BLOB, ${formatBytes(value.length)}`;
  if (typeof value === 'bigint') return 'Integer';
  if (typeof value === 'number') return Number.isInteger(value) ? 'Number' : 'Real number';
  return `Text, ${formatCount(value.length)} characters`;
}

function prettyJson(value: CellValue): string | undefined {
  if (typeof value !== 'string' || value.length > shownCharsMax) return undefined;
  if (!/^\s*[[{]/.test(value)) return undefined;
  try {
    return JSON.stringify(JSON.parse(value), undefined, 2);
  } catch {
    return undefined;
  }
}

const bytesPerLine = 16;

function hexDump(bytes: readonly number[]): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, shownBytesMax); at += bytesPerLine) {
    const line = bytes.slice(at, at + bytesPerLine);
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = line.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.'));
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${text.join('')}`);
  }
  return lines.join('\n');
}
