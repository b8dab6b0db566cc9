// How a live query is kept, and why, in sentences.

'use client';

import type { ReactNode } from 'react';
import type { Answers, Inputs } from '../../connection/shapes.ts';
import { useAnswer } from '../../connection/use-answer.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { ReadingBody } from '../../ui/panel.tsx';

type Explanation = Answers['live']['explain'];
type Explained = Inputs['live']['explain'];

export const modeNames = {
  'key-wise': 'by keys',
  'group-wise': 'by groups',
  're-run': 'run again',
} as const;

const modeTexts: Readonly<Record<Explanation['mode'], string>> = {
  'key-wise':
    'The rows are kept by the keys of the table rows that they are made of. When a table row is written, only the rows made of it are looked up.',
  'group-wise':
    'The node keeps which table rows are in which group. When one is written, the groups that it was in and is in are computed anew.',
  're-run':
    'The query runs again when a column that it reads has changed, and its new result is compared with the kept one.',
};

interface ExplanationDialogProps {
  readonly of: Explained;
  readonly onClose: () => void;
}

/** Put it on the page while it is open. */
export function ExplanationDialog({ of, onClose }: ExplanationDialogProps): ReactNode {
  const { reading } = useAnswer(['live.explain', JSON.stringify(of, bigintText)], (api, signal) =>
    api.live.explain.query(of, { signal }),
  );
  return (
    <Dialog title="How this live query is kept" place="right" isOpen onClose={onClose}>
      <div className="flex flex-col gap-4 p-4 text-sm">
        <ReadingBody reading={reading} skeletonLines={6}>
          {(told) => <Sentences told={told} />}
        </ReadingBody>
      </div>
    </Dialog>
  );
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function Sentences({ told }: { readonly told: Explanation }): ReactNode {
  const { mode, sql, ordered, reasons, tables, indexed_by: indexedBy, query_plan: plan } = told;
  return (
    <>
      <pre dir="auto" className="rounded-md bg-sunken p-2 text-xs break-words whitespace-pre-wrap">
        {sql}
      </pre>
      <p>
        <strong className="font-semibold">Kept {modeNames[mode]}.</strong> {modeTexts[mode]}
        {ordered ? ' Its rows have places.' : ''}
      </p>
      <Part title="Why">
        {reasons.map((reason) => (
          <li key={reason} dir="auto">
            {reason}
          </li>
        ))}
      </Part>
      <Part title="What a write does">
        {tables.map(({ table, columns, reaction }) => (
          <li key={table}>
            A write to <bdi className="font-mono">{table}</bdi>
            {columns === 'all' || columns.length === 0 ? '' : ` (${columns.join(', ')})`}{' '}
            {reaction === 'keys' ? 'has the rows made of it looked up.' : 'runs the query again.'}
          </li>
        ))}
      </Part>
      {indexedBy.length === 0 ? null : (
        <p>
          Among many queries it is found by the constants of <bdi>{indexedBy.join(', ')}</bdi>.
        </p>
      )}
      {plan.length === 0 ? null : (
        <section>
          <h3 className="mb-1 font-semibold">Plan of SQLite for a change</h3>
          <pre
            dir="auto"
            className="rounded-md bg-sunken p-2 text-xs break-words whitespace-pre-wrap"
          >
            {plan.join('\n')}
          </pre>
        </section>
      )}
    </>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <section>
      <h3 className="mb-1 font-semibold">{title}</h3>
      <ul className="list-disc pl-5">{children}</ul>
    </section>
  );
}
