// The tabs over the editor: choose, rename in place, close, open another.

'use client';

import { Pencil, Plus, X } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { Button, IconButton } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/fields.tsx';
import { type SqlTab, type TabsState, tabsMax } from './editor-tabs.ts';

interface TabStripProps {
  readonly state: TabsState;
  readonly isKept: boolean;
  readonly onChoose: (id: string) => void;
  readonly onRename: (id: string, name: string) => void;
  readonly onClose: (id: string) => void;
  readonly onOpen: () => void;
}

/** The element that a tab controls: the editor. */
export const editorPanelId = 'sql-editor-panel';

export function tabElementId(id: string): string {
  return `sql-tab-${id}`;
}

export function TabStrip(props: TabStripProps): ReactNode {
  const { state, isKept, onChoose, onRename, onClose, onOpen } = props;
  const { tabs, active } = state;
  const [renamed, setRenamed] = useState<SqlTab>();
  const [closing, setClosing] = useState<SqlTab>();
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const at = tabs.findIndex(({ id }) => id === active);
    const next = step === 0 ? undefined : tabs[(at + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    event.preventDefault();
    onChoose(next.id);
    document.getElementById(tabElementId(next.id))?.focus();
  };
  const current = tabs.find(({ id }) => id === active);
  const close = (tab: SqlTab | undefined) => {
    if (tab === undefined) return;
    if (tab.text.trim() === '') onClose(tab.id);
    else setClosing(tab);
  };
  return (
    <div className="flex shrink-0 items-center border-b border-line">
      <div role="tablist" aria-label="Queries" className="flex min-w-0 overflow-x-auto">
        {tabs.map((tab, index) => (
          <button
            key={tab.id}
            id={tabElementId(tab.id)}
            type="button"
            role="tab"
            aria-selected={tab.id === active}
            aria-controls={editorPanelId}
            tabIndex={tab.id === active ? 0 : -1}
            title={index < 9 ? `Alt ${index + 1}` : undefined}
            onClick={() => onChoose(tab.id)}
            onDoubleClick={() => setRenamed(tab)}
            onKeyDown={move}
            className={classes(
              '-mb-px h-9 max-w-48 shrink-0 truncate border-b-2 px-3 text-sm',
              tab.id === active
                ? 'border-accent font-medium text-ink'
                : 'border-transparent text-ink-2 hover:text-ink',
            )}
          >
            <bdi>{tab.name}</bdi>
          </button>
        ))}
      </div>
      <IconButton
        label="New query"
        className="size-7"
        onClick={onOpen}
        disabled={tabs.length >= tabsMax}
      >
        <Plus aria-hidden="true" className="size-4" />
      </IconButton>
      <span className="ml-auto flex items-center pr-1">
        {isKept ? null : (
          <span className="px-2 text-xs text-warn">This browser doesn’t keep the tabs.</span>
        )}
        <IconButton label="Rename the query" className="size-7" onClick={() => setRenamed(current)}>
          <Pencil aria-hidden="true" className="size-3.5" />
        </IconButton>
        <IconButton label="Close the query" className="size-7" onClick={() => close(current)}>
          <X aria-hidden="true" className="size-4" />
        </IconButton>
      </span>
      <RenameDialog tab={renamed} onRename={onRename} onDone={() => setRenamed(undefined)} />
      <CloseDialog tab={closing} onClose={onClose} onDone={() => setClosing(undefined)} />
    </div>
  );
}

interface RenameDialogProps extends Pick<TabStripProps, 'onRename'> {
  readonly tab: SqlTab | undefined;
  readonly onDone: () => void;
}

function RenameDialog({ tab, onRename, onDone }: RenameDialogProps): ReactNode {
  return (
    <Dialog title="Rename the query" isOpen={tab !== undefined} onClose={onDone}>
      <form
        className="flex flex-wrap items-end gap-2 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          const name = new FormData(event.currentTarget).get('name');
          if (tab !== undefined && typeof name === 'string') onRename(tab.id, name);
          onDone();
        }}
      >
        <TextField label="Name" name="name" defaultValue={tab?.name} maxLength={80} required />
        <Button type="submit" look="primary">
          Rename
        </Button>
      </form>
    </Dialog>
  );
}

interface CloseDialogProps extends Pick<TabStripProps, 'onClose'> {
  readonly tab: SqlTab | undefined;
  readonly onDone: () => void;
}

function CloseDialog({ tab, onClose, onDone }: CloseDialogProps): ReactNode {
  return (
    <Dialog title="Close the query" isOpen={tab !== undefined} onClose={onDone}>
      <div className="flex flex-col gap-3 p-4">
        <p className="text-sm">
          The text of “<bdi>{tab?.name}</bdi>” is not kept once it is closed.
        </p>
        <div className="flex gap-2">
          <Button
            look="danger"
            onClick={() => {
              if (tab !== undefined) onClose(tab.id);
              onDone();
            }}
          >
            Close it
          </Button>
          <Button onClick={onDone}>Keep it</Button>
        </div>
      </div>
    </Dialog>
  );
}
