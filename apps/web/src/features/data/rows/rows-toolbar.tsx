// Above the rows of a table: their order, colours by writer, whether they follow changes, whether they are edited.

'use client';

import type { ReactNode } from 'react';
import { plural } from '../../../format/numbers.ts';
import { Button } from '../../../ui/button.tsx';
import { Checkbox, Segments } from '../../../ui/fields.tsx';
import { PageLink } from '../../../ui/page-link.tsx';
import { pageRows, rowsMax } from './row-pages.ts';
import type { FollowedRows } from './use-rows.ts';

interface Switch {
  readonly isOn: boolean;
  readonly set: (isOn: boolean) => void;
}

interface RowsToolbarProps {
  readonly descending: Switch;
  /** undefined where nobody knows who wrote the cells. */
  readonly writers: Switch | undefined;
  /** undefined where changes are not told. */
  readonly follow: Switch | undefined;
  /** undefined for those who may not write, and for what can't be edited. */
  readonly edit:
    | (Switch & { /** Something is staged, which is shown. */ readonly isHeld: boolean })
    | undefined;
  readonly loaded: FollowedRows;
  /** What can be watched. */
  readonly sql: string;
}

export function RowsToolbar(props: RowsToolbarProps): ReactNode {
  const { descending, writers, follow, edit, loaded, sql } = props;
  return (
    <div className="flex flex-wrap items-center gap-3">
      {edit === undefined ? null : (
        <Segments
          label="Mode"
          value={edit.isOn ? 'edit' : 'read'}
          choices={[
            { value: 'read', label: 'Read-only', isDisabled: edit.isHeld },
            { value: 'edit', label: 'Edit' },
          ]}
          onChoose={(value) => edit.set(value === 'edit')}
        />
      )}
      <Segments
        label="Order of the key"
        value={descending.isOn ? 'down' : 'up'}
        choices={[
          { value: 'up', label: 'Key ascending' },
          { value: 'down', label: 'descending' },
        ]}
        onChoose={(value) => descending.set(value === 'down')}
      />
      {follow === undefined ? null : <SwitchBox label="Follow changes" {...follow} />}
      {writers === undefined ? null : <SwitchBox label="Colour by writer" {...writers} />}
      {follow?.isOn === true ? null : (
        <Button onClick={loaded.refresh} disabled={loaded.isLoading}>
          Refresh
        </Button>
      )}
      <PageLink
        href={`/live?sql=${encodeURIComponent(sql)}`}
        className="text-sm text-accent underline"
      >
        Watch
      </PageLink>
      <span role="status" className="figures ml-auto text-sm text-ink-2">
        {statusOf(loaded)}
      </span>
    </div>
  );
}

function SwitchBox({ label, isOn, set }: Switch & { readonly label: string }): ReactNode {
  return <Checkbox label={label} checked={isOn} onChange={({ target }) => set(target.checked)} />;
}

function statusOf({ rows, isComplete, keyOf }: FollowedRows): string {
  const count = plural(rows.length, 'row');
  if (!isComplete) return `${count} so far; more come as you scroll`;
  if (rows.length >= rowsMax) return `the first ${count}; filters find the others`;
  if (keyOf === undefined && rows.length >= pageRows) {
    return `the first ${count}; it has no key to go on by`;
  }
  return count;
}
