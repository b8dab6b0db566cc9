// Edits one value: which kind it is, and its text. What is wrong with it is said beneath.

'use client';

import { type ReactNode, useId, useRef } from 'react';
import { hexOf } from '../../../grid/cell-text.ts';
import { Button } from '../../../ui/button.tsx';
import { classes } from '../../../ui/classes.ts';
import { fieldClasses, SelectField } from '../../../ui/fields.tsx';
import type { EditedColumn } from './staged-edits.ts';
import { blobBytesMax, type Draft, type DraftKind, parseDraft } from './value-draft.ts';

const names: Readonly<Record<DraftKind, string>> = {
  text: 'Text',
  number: 'Number',
  json: 'JSON',
  blob: 'Bytes (hexadecimal)',
  null: 'NULL',
  default: 'Its default',
};

interface ValueFieldProps {
  readonly column: EditedColumn;
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  /** Whether it may be left to its default. */
  readonly hasDefault: boolean;
  readonly isFocused?: boolean;
  /** Large enough for long texts. */
  readonly isTall?: boolean;
}

export function ValueField(props: ValueFieldProps): ReactNode {
  const { column, draft, onChange, hasDefault, isFocused = false, isTall = false } = props;
  const errorId = useId();
  const parsed = parseDraft(draft);
  const kinds: DraftKind[] = ['text', 'number', 'json', 'blob'];
  if (!column.isNotNull) kinds.push('null');
  if (hasDefault) kinds.push('default');
  const isLine = draft.kind === 'number';
  const hasText = draft.kind !== 'null' && draft.kind !== 'default';
  const shared = {
    'aria-label': `Value of ${column.name}`,
    'aria-invalid': parsed.kind === 'wrong',
    'aria-describedby': parsed.kind === 'wrong' ? errorId : undefined,
    value: draft.text,
    spellCheck: false,
    autoComplete: 'off',
    // The field is what the reader has opened the window for.
    'data-focus': isFocused ? 'first' : undefined,
    dir: 'auto' as const,
  };
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <SelectField<DraftKind>
          label={`Kind of ${column.name}`}
          isLabelHidden
          value={draft.kind}
          choices={kinds.map((kind) => ({ value: kind, label: names[kind] }))}
          onChoose={(kind) => onChange({ ...draft, kind })}
        />
        {draft.kind === 'blob' ? (
          <FileButton onBytes={(text) => onChange({ kind: 'blob', text })} />
        ) : null}
        {draft.kind === 'default' ? (
          <code className="truncate text-xs text-ink-2">{column.default ?? 'NULL'}</code>
        ) : null}
      </div>
      {hasText && isLine ? (
        <input
          {...shared}
          inputMode="decimal"
          className={classes(fieldClasses, 'figures')}
          onChange={({ target }) => onChange({ ...draft, text: target.value })}
        />
      ) : null}
      {hasText && !isLine ? (
        <textarea
          {...shared}
          rows={isTall ? 12 : 2}
          className={classes(
            fieldClasses,
            'h-auto resize-y py-1.5',
            draft.kind === 'text' ? undefined : 'font-mono text-xs',
          )}
          onChange={({ target }) => onChange({ ...draft, text: target.value })}
        />
      ) : null}
      <p id={errorId} role="status" className="text-sm text-bad empty:hidden">
        {parsed.kind === 'wrong' ? parsed.text : ''}
      </p>
    </div>
  );
}

function FileButton({ onBytes }: { readonly onBytes: (hex: string) => void }): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    // One byte more than there may be is enough to see that there are too many.
    const bytes = await file.slice(0, blobBytesMax + 1).arrayBuffer();
    onBytes(hexOf([...new Uint8Array(bytes)]));
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="A file to take the bytes from"
        onChange={({ target }) => void take(target.files?.[0])}
      />
      <Button look="quiet" onClick={() => input.current?.click()}>
        Take them from a file
      </Button>
    </>
  );
}
