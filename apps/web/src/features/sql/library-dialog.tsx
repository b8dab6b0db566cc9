// The history and the saved queries of this browser, at the right of the page.

'use client';

import { Play, Trash2 } from 'lucide-react';
import { type ChangeEvent, type ReactNode, useState } from 'react';
import { plural } from '../../format/numbers.ts';
import { formatDuration, formatMoment } from '../../format/times.ts';
import { useTimeZone } from '../../settings/settings.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/fields.tsx';
import { EmptyNotice } from '../../ui/panel.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import {
  type HistoryEntry,
  importBytesMax,
  importSaved,
  type SavedQuery,
  search,
} from './library.ts';
import { historyList, savedList, useStoredList } from './stored-list.ts';

export interface StoredQuery extends Pick<SavedQuery, 'sql' | 'values'> {
  readonly name?: string;
}

interface LibraryDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** Opens it in a tab; runs it too where that is asked for. */
  readonly onOpen: (query: StoredQuery, isRun: boolean) => void;
}

const tabs = [
  { value: 'history', label: 'History' },
  { value: 'saved', label: 'Saved queries' },
] as const;

export function LibraryDialog({ isOpen, onClose, onOpen }: LibraryDialogProps): ReactNode {
  const [tab, setTab] = useState<'history' | 'saved'>('history');
  const [words, setWords] = useState('');
  return (
    <Dialog title="History and saved queries" place="right" isOpen={isOpen} onClose={onClose}>
      <div className="flex flex-col gap-3 p-4">
        <p className="text-sm text-ink-3">Kept in this browser only.</p>
        <TextField
          label="Search"
          type="search"
          value={words}
          onChange={({ target }) => setWords(target.value)}
        />
        <Tabs label="Lists" value={tab} tabs={tabs} onChoose={setTab}>
          {tab === 'history' ? (
            <History words={words} onOpen={onOpen} />
          ) : (
            <Saved words={words} onOpen={onOpen} />
          )}
        </Tabs>
      </div>
    </Dialog>
  );
}

interface ListProps extends Pick<LibraryDialogProps, 'onOpen'> {
  readonly words: string;
}

function History({ words, onOpen }: ListProps): ReactNode {
  const all = useStoredList(historyList);
  const found = search(all, words);
  if (all.length === 0) return <EmptyNotice>What you run will be listed here.</EmptyNotice>;
  return (
    <>
      <ul aria-label="History" className="flex flex-col divide-y divide-line">
        {found.map((entry) => (
          <HistoryItem key={`${entry.at_ms} ${entry.sql}`} entry={entry} onOpen={onOpen} />
        ))}
      </ul>
      {found.length === 0 ? <EmptyNotice>No run matches.</EmptyNotice> : null}
      <Button look="quiet" onClick={() => historyList.change(() => [])}>
        Clear the history
      </Button>
    </>
  );
}

interface HistoryItemProps extends Pick<LibraryDialogProps, 'onOpen'> {
  readonly entry: HistoryEntry;
}

function HistoryItem({ entry, onOpen }: HistoryItemProps): ReactNode {
  const zone = useTimeZone();
  const { sql, values, node, ms, rows, error, at_ms: atMs } = entry;
  return (
    <li className="flex items-start gap-1 py-2">
      <button
        type="button"
        onClick={() => onOpen({ sql, values }, false)}
        className="min-w-0 flex-1 rounded px-1 text-left hover:bg-hover"
      >
        <SqlText sql={sql} />
        <span className="figures flex flex-wrap gap-x-3 text-xs text-ink-2">
          <span>{formatMoment(atMs, zone)}</span>
          <bdi>{node}</bdi>
          <span>{formatDuration(ms)}</span>
          <span>{rows === null ? '' : plural(rows, 'row')}</span>
        </span>
        {error === null ? null : (
          <span className="block text-xs break-words text-bad">
            {error === 'canceled' ? 'Canceled' : `Failed: ${error}`}
          </span>
        )}
      </button>
      <IconButton label="Run again" onClick={() => onOpen({ sql, values }, true)}>
        <Play aria-hidden="true" className="size-4" />
      </IconButton>
    </li>
  );
}

/** Text of a query in a list is cut to this. */
const shownCharsMax = 400;

function SqlText({ sql }: { readonly sql: string }): ReactNode {
  return (
    <code className="line-clamp-3 break-words whitespace-pre-wrap">
      {sql.slice(0, shownCharsMax)}
    </code>
  );
}

function Saved({ words, onOpen }: ListProps): ReactNode {
  const all = useStoredList(savedList);
  const found = search(all, words);
  return (
    <>
      {all.length === 0 ? (
        <EmptyNotice>None yet. “Save” keeps the query of a tab under its name.</EmptyNotice>
      ) : (
        <ul aria-label="Saved queries" className="flex flex-col divide-y divide-line">
          {found.map((query) => (
            <SavedItem key={query.name} query={query} onOpen={onOpen} />
          ))}
        </ul>
      )}
      {all.length > 0 && found.length === 0 ? <EmptyNotice>No query matches.</EmptyNotice> : null}
      <Files list={all} />
    </>
  );
}

interface SavedItemProps extends Pick<LibraryDialogProps, 'onOpen'> {
  readonly query: SavedQuery;
}

function SavedItem({ query, onOpen }: SavedItemProps): ReactNode {
  const { name } = query;
  return (
    <li className="flex items-start gap-1 py-2">
      <button
        type="button"
        onClick={() => onOpen(query, false)}
        className="min-w-0 flex-1 rounded px-1 text-left hover:bg-hover"
      >
        <bdi className="block text-sm font-medium">{name}</bdi>
        <SqlText sql={query.sql} />
      </button>
      <IconButton label={`Run ${name}`} onClick={() => onOpen(query, true)}>
        <Play aria-hidden="true" className="size-4" />
      </IconButton>
      <IconButton
        label={`Delete ${name}`}
        onClick={() => savedList.change((list) => list.filter((each) => each.name !== name))}
      >
        <Trash2 aria-hidden="true" className="size-4" />
      </IconButton>
    </li>
  );
}

function Files({ list }: { readonly list: readonly SavedQuery[] }): ReactNode {
  const [said, setSaid] = useState('');
  const read = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [file] = target.files ?? [];
    target.value = '';
    if (file === undefined) return;
    const text = file.size > importBytesMax ? '' : await file.text();
    const merged = importSaved(savedList.read(), text);
    if (merged !== undefined) savedList.change(() => merged);
    setSaid(merged === undefined ? 'This is no file of saved queries.' : 'The queries are here.');
  };
  return (
    <div className="flex flex-wrap items-center gap-2 pt-3">
      <Button disabled={list.length === 0} onClick={() => download(list)}>
        Export as JSON
      </Button>
      <label className="inline-flex flex-col gap-1 text-sm text-ink-2">
        Import from JSON
        <input
          type="file"
          accept="application/json,.json"
          className="text-xs"
          onChange={(event) => void read(event)}
        />
      </label>
      {said === '' ? null : <Badge tone="info">{said}</Badge>}
    </div>
  );
}

function download(list: readonly SavedQuery[]): void {
  const blob = new Blob([JSON.stringify(list, undefined, 2)], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = 'patina-queries.json';
  link.click();
  URL.revokeObjectURL(link.href);
}
