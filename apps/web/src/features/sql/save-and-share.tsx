// Two small windows: a query is kept under a name, and a query becomes a link.

'use client';

import { type ReactNode, useState } from 'react';
import { formatCount } from '../../format/numbers.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/fields.tsx';
import { EmptyNotice } from '../../ui/panel.tsx';
import type { SqlTab } from './editor-tabs.ts';
import { entryCharsMax, savedMax, withSaved } from './library.ts';
import { shareText } from './share.ts';
import { savedList } from './stored-list.ts';

interface WindowProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly tab: SqlTab;
}

interface SaveDialogProps extends WindowProps {
  readonly onRename: (name: string) => void;
}

export function SaveDialog({ isOpen, onClose, tab, onRename }: SaveDialogProps): ReactNode {
  const [failure, setFailure] = useState<string>();
  const save = (name: string) => {
    const query = { name, sql: tab.text, values: { ...tab.values }, at_ms: Date.now() };
    const next = withSaved(savedList.read(), query);
    if (next === undefined) {
      setFailure(
        `Up to ${formatCount(savedMax)} queries of ${formatCount(entryCharsMax)} characters are kept.`,
      );
    } else if (savedList.change(() => next)) {
      onRename(name);
      setFailure(undefined);
      onClose();
    } else setFailure('This browser keeps nothing: the query is gone when the page is left.');
  };
  return (
    <Dialog title="Save the query" isOpen={isOpen} onClose={onClose}>
      <form
        className="flex flex-col gap-3 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          const name = new FormData(event.currentTarget).get('name');
          if (typeof name === 'string') save(name);
        }}
      >
        <TextField label="Name" name="name" defaultValue={tab.name} maxLength={80} required />
        <p className="text-sm text-ink-3">
          It is kept in this browser, with its parameters. One of the same name is replaced.
        </p>
        {failure === undefined ? null : (
          <p role="alert" className="text-sm text-bad">
            {failure}
          </p>
        )}
        <Button type="submit" look="primary" className="self-start">
          Save
        </Button>
      </form>
    </Dialog>
  );
}

interface ShareDialogProps extends WindowProps {
  readonly target: string;
}

export function ShareDialog({ isOpen, onClose, tab, target }: ShareDialogProps): ReactNode {
  return (
    <Dialog title="Share the query" isOpen={isOpen} onClose={onClose}>
      {isOpen ? <Link tab={tab} target={target} /> : null}
    </Dialog>
  );
}

function Link({ tab, target }: Pick<ShareDialogProps, 'tab' | 'target'>): ReactNode {
  const { name, text: sql, values } = tab;
  const packed = sql.trim() === '' ? undefined : shareText({ name, sql, values, target });
  if (packed === undefined) {
    return (
      <div className="px-4">
        <EmptyNotice>
          {sql.trim() === '' ? 'There is nothing to share yet.' : 'It is too long for a link.'}
        </EmptyNotice>
      </div>
    );
  }
  const url = `${location.origin}${location.pathname}${location.search}#${packed}`;
  return (
    <div className="flex flex-col gap-3 p-4">
      <p className="text-sm text-ink-2">
        The link holds the text, the parameters and the target, and no rows. It opens as a tab and
        runs nothing by itself.
      </p>
      <div className="flex items-end gap-1">
        <div className="min-w-0 flex-1">
          <TextField
            label="Link"
            readOnly
            value={url}
            onFocus={({ target: field }) => field.select()}
            className="w-full"
          />
        </div>
        <CopyButton label="Copy the link" text={url} />
      </div>
    </div>
  );
}
