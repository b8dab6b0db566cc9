// The list of changes, newest first: what happened to which row, where it was written and how long it took to
// get here. Only the entries in view are drawn. Whoever scrolls down reads in peace: newer ones wait above.

'use client';

import { type ReactNode, type UIEvent, useRef, useState } from 'react';
import { formatCount, plural } from '../../format/numbers.ts';
import { shortText } from '../../grid/cell-text.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { EmptyNotice } from '../../ui/panel.tsx';
import { cellsDiffer } from './cells.ts';
import { type FeedEntry, feedMax } from './change-feed.ts';
import { latencyText } from './latency.ts';

const entryHeightPx = 60;

/** Entries drawn beyond the edges. */
const around = 3;

/** Columns of a row that an entry tells. */
const columnsMax = 4;

interface ChangeListProps {
  /** Oldest first. */
  readonly entries: readonly FeedEntry[];
  readonly columns: readonly string[];
  /** New entries light up; where very many come that would only flicker. */
  readonly isCalm: boolean;
  /** The address of an actor. */
  readonly nameOf: (actorId: string) => string;
}

interface Place {
  readonly first: number;
  readonly shown: number;
  /** The newest entry when the reader began to scroll; undefined at the top. */
  readonly newestKey: number | undefined;
}

const top: Place = { first: 0, shown: 12, newestKey: undefined };

export function ChangeList({ entries, columns, isCalm, nameOf }: ChangeListProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place>(top);
  const newest = entries.length - 1;
  const newer = newerThan(entries, place.newestKey);
  const count = Math.min(feedMax, entries.length - newer);
  const scrolled = ({ currentTarget: { scrollTop, clientHeight } }: UIEvent) => {
    const first = Math.max(0, Math.floor(scrollTop / entryHeightPx) - around);
    const shown = Math.ceil(clientHeight / entryHeightPx) + 2 * around;
    const isTop = scrollTop < entryHeightPx / 2;
    const newestKey = isTop ? undefined : (place.newestKey ?? entries[newest]?.key);
    if (first !== place.first || shown !== place.shown || newestKey !== place.newestKey) {
      setPlace({ first, shown, newestKey });
    }
  };
  const first = Math.min(place.first, Math.max(0, count - place.shown));
  const indexes = Array.from(
    { length: Math.min(place.shown, count - first) },
    (_, at) => first + at,
  );
  return (
    <div className="relative min-h-0 flex-1">
      {newer > 0 ? (
        <Button
          className="absolute top-2 left-1/2 z-10 -translate-x-1/2 shadow-raised"
          onClick={() => frame.current?.scrollTo({ top: 0 })}
        >
          {plural(newer, 'newer change')}
        </Button>
      ) : null}
      <div ref={frame} onScroll={scrolled} className="h-full overflow-y-auto" {...scrollingFrame}>
        {count === 0 ? (
          <EmptyNotice>
            <span className="px-4">No change yet. They appear here as they happen.</span>
          </EmptyNotice>
        ) : null}
        <ul className="relative" style={{ height: count * entryHeightPx }}>
          {indexes.map((index) => {
            const entry = entries[newest - newer - index];
            return entry === undefined ? null : (
              <li
                key={entry.key}
                className={classes(
                  'absolute inset-x-0 border-b border-line px-4 py-1.5 text-sm',
                  isCalm && 'flash-change',
                )}
                style={{ height: entryHeightPx, top: index * entryHeightPx }}
              >
                <Entry entry={entry} columns={columns} nameOf={nameOf} />
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}

/** It is reached by keyboard, so that it can be scrolled. */
const scrollingFrame = { role: 'region', 'aria-label': 'Changes', tabIndex: 0 } as const;

function newerThan(entries: readonly FeedEntry[], key: number | undefined): number {
  if (key === undefined) return 0;
  const at = entries.findLastIndex((entry) => entry.key <= key);
  return entries.length - 1 - at;
}

const looks: Readonly<Record<FeedEntry['type'], readonly [mark: string, tone: Tone]>> = {
  insert: ['+', 'good'],
  update: ['~', 'info'],
  delete: ['−', 'bad'],
};

const togetherNote =
  'Several commits became visible together; the one that had waited longest is named.';

interface EntryProps {
  readonly entry: FeedEntry;
  readonly columns: readonly string[];
  readonly nameOf: (actorId: string) => string;
}

function Entry({ entry, columns, nameOf }: EntryProps): ReactNode {
  const { type, origin, origins, latencyMs } = entry;
  const [mark, tone] = looks[type];
  return (
    <>
      <div className="flex items-center gap-2">
        <Badge tone={tone}>
          <span aria-hidden="true">{mark}</span>
          {type}
        </Badge>
        <bdi className="min-w-0 truncate font-mono text-xs">
          {shortText(entry.cells[0] ?? null)}
        </bdi>
        <span className="figures ml-auto shrink-0 text-xs text-ink-2">
          {latencyMs === undefined ? '' : latencyText(latencyMs)}
        </span>
        <bdi className="max-w-32 shrink-0 truncate text-xs text-ink-3">
          {origin === undefined ? 'no commit' : nameOf(origin.actor_id)}
        </bdi>
        {origins > 1 ? (
          <span className="figures -ml-1 text-xs text-ink-3" title={togetherNote}>
            +{formatCount(origins - 1)}
          </span>
        ) : null}
      </div>
      <p className="mt-1 truncate text-xs text-ink-2">
        {type === 'update' ? (
          <Differences entry={entry} columns={columns} />
        ) : (
          <Values entry={entry} columns={columns} />
        )}
      </p>
    </>
  );
}

function Differences({ entry, columns }: Omit<EntryProps, 'nameOf'>): ReactNode {
  const { cells, former = [] } = entry;
  const changed = columns.flatMap((column, at) =>
    cellsDiffer(cells[at] ?? null, former[at] ?? null) ? [{ column, at }] : [],
  );
  if (changed.length === 0) return 'moved to another place';
  return changed.slice(0, columnsMax).map(({ column, at }) => (
    <span key={at} className="mr-3">
      <bdi>{column}</bdi>{' '}
      <bdi className="font-mono text-ink-3 line-through">{shortText(former[at] ?? null)}</bdi>
      <span className="sr-only"> is now</span>
      <span aria-hidden="true"> → </span>
      <bdi className="font-mono text-ink">{shortText(cells[at] ?? null)}</bdi>{' '}
    </span>
  ));
}

function Values({ entry, columns }: Omit<EntryProps, 'nameOf'>): ReactNode {
  return columns.slice(1, 1 + columnsMax).map((column, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: columns of a result may have equal names.
    <span key={at} className="mr-3">
      <bdi>{column}</bdi>{' '}
      <bdi className="font-mono text-ink">{shortText(entry.cells[at + 1] ?? null)}</bdi>{' '}
    </span>
  ));
}
