// A live query as events of a tRPC subscription. Events after which a client may resume carry a cursor
// (`<query id>:<change id>`) as their id: the end of the snapshot and each whole group of changes, never
// the middle of one. A client that reconnects sends the last id back and goes on from there.

import type {
  ChangeGroup,
  LiveOpened,
  LiveQueries,
  LiveSink,
  OpenRequest,
  WatchGroup,
  WatchHandle,
  WatchOpened,
  WatchRequest,
  WatchSink,
} from '@patina/engine/live/live-queries.ts';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { z } from 'zod';
import { EventQueue } from './event-queue.ts';
import { parseExactJson } from './exact-json.ts';
import type { cellSchema } from './schemas.ts';

type Cell = z.infer<typeof cellSchema>;

export interface Origin {
  readonly actor_id: string;
  readonly version: number;
  readonly hlc: number;
}

export type LiveEvent =
  | {
      readonly kind: 'opened';
      readonly id: string;
      readonly hash: string;
      readonly columns: readonly string[];
      readonly ordered: boolean;
      /** `restarted`: a snapshot follows although changes were asked for, for the reason given. */
      readonly start: LiveOpened['start'];
      readonly reason: string | null;
    }
  | { readonly kind: 'rows'; readonly rows: readonly (readonly [number, readonly Cell[]])[] }
  | {
      readonly kind: 'snapshot-end';
      readonly change_id: number;
      readonly cursor: string;
      readonly time_ms: number;
    }
  | {
      readonly kind: 'changes';
      readonly changes: readonly {
        readonly type: 'insert' | 'update' | 'delete';
        readonly row_id: number;
        readonly cells: readonly Cell[];
        readonly change_id: number;
        /** In ordered results: its place after the whole group, from 0. */
        readonly position?: number;
      }[];
      readonly origins: readonly Origin[];
      readonly cursor: string;
    }
  /** It fell too far behind, and ends: ask again from the cursor. */
  | { readonly kind: 'lagged'; readonly cursor: string };

export type WatchEvent =
  | {
      readonly kind: 'opened';
      readonly id: string;
      readonly key: readonly string[];
      readonly columns: readonly string[];
      readonly start: WatchOpened['start'];
      readonly reason: string | null;
      readonly cursor: string;
    }
  | {
      readonly kind: 'notices';
      readonly notices: readonly {
        readonly type: 'update' | 'delete';
        readonly key: readonly Cell[];
        readonly row: readonly Cell[] | null;
      }[];
      readonly origins: readonly Origin[];
      readonly cursor: string;
    }
  | { readonly kind: 'lagged'; readonly cursor: string };

/** An event, with an id where a client may resume after it. */
type Told<T> = T | TrackedEnvelope<T>;

/** Follows a query until the caller goes away or it ends; errors are thrown where they happen. */
export async function* followQuery(
  live: LiveQueries,
  request: OpenRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<Told<LiveEvent>, void, undefined> {
  yield* followed((queue) => live.open(request, liveSink(queue)), signal);
}

/** Follows the rows of a table. */
export async function* followTable(
  live: LiveQueries,
  request: WatchRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<Told<WatchEvent>, void, undefined> {
  yield* followed((queue) => live.watch(request, watchSink(queue)), signal);
}

/** What is put into the queue from opening on; lets go when whoever takes it stops. */
async function* followed<T>(
  open: (queue: EventQueue<T>) => Promise<WatchHandle>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const queue = new EventQueue<T>();
  const handle = await open(queue);
  const release = endWith(queue, signal);
  try {
    yield* queue;
  } finally {
    release();
    handle.close();
  }
}

/** Whoever waits for the next event of a queue can't be told to leave but by the queue itself. */
function endWith<T>(queue: EventQueue<T>, signal: AbortSignal | undefined): () => void {
  const end = (): void => queue.end();
  if (signal?.aborted === true) end();
  signal?.addEventListener('abort', end);
  return () => signal?.removeEventListener('abort', end);
}

function liveSink(queue: EventQueue<Told<LiveEvent>>): LiveSink {
  let id = '';
  const decoder = new TextDecoder();
  return {
    onOpened(opened) {
      id = opened.id;
      const { hash, columns, isOrdered: ordered, start, reason = null } = opened;
      void queue.push({ kind: 'opened', id, hash, columns, ordered, start, reason });
    },
    onRows: (lines) => queue.push({ kind: 'rows', rows: rowsOf(decoder.decode(lines)) }),
    onSnapshotEnd({ changeId, timeMs }) {
      const cursor = `${id}:${changeId}`;
      const event = { kind: 'snapshot-end', change_id: changeId, cursor, time_ms: timeMs } as const;
      void queue.push(tracked(cursor, event));
    },
    onGroup(group) {
      const cursor = `${id}:${group.changes.at(-1)?.changeId ?? 0}`;
      return queue.push(tracked(cursor, changesEvent(group, cursor)));
    },
    onLagged(cursor) {
      void queue.push(tracked(cursor, { kind: 'lagged', cursor }));
      queue.end();
    },
    onEnded: (error) => queue.end(error),
  };
}

function watchSink(queue: EventQueue<Told<WatchEvent>>): WatchSink {
  return {
    onOpened({ id, key, columns, start, reason = null, cursor }) {
      const event = { kind: 'opened', id, key, columns, start, reason, cursor } as const;
      void queue.push(tracked(cursor, event));
    },
    onGroup: (group) => queue.push(tracked(group.cursor, noticesEvent(group))),
    onLagged(cursor) {
      void queue.push(tracked(cursor, { kind: 'lagged', cursor }));
      queue.end();
    },
    onEnded: (error) => queue.end(error),
  };
}

function changesEvent({ changes, origins }: ChangeGroup, cursor: string): LiveEvent {
  return {
    kind: 'changes',
    changes: changes.map(({ type, rowId, cells, changeId, position }) => ({
      type,
      row_id: rowId,
      cells: cellsOf(cells),
      change_id: changeId,
      ...(position === undefined ? {} : { position }),
    })),
    origins: originsOf(origins),
    cursor,
  };
}

function noticesEvent({ notices, origins, cursor }: WatchGroup): WatchEvent {
  return {
    kind: 'notices',
    notices: notices.map(({ type, key, row }) => ({
      type,
      key: cellsOf(key),
      row: row === undefined ? null : cellsOf(row),
    })),
    origins: originsOf(origins),
    cursor,
  };
}

function originsOf(origins: ChangeGroup['origins']): Origin[] {
  return origins.map(({ actorId, version, hlc }) => ({ actor_id: actorId, version, hlc }));
}

function rowsOf(lines: string): [number, Cell[]][] {
  const rows: [number, Cell[]][] = [];
  for (const line of lines.split('\n')) {
    if (line === '') continue;
    const parsed = parseExactJson(line);
    const row: unknown =
      typeof parsed === 'object' && parsed !== null && 'row' in parsed ? parsed.row : [];
    if (!Array.isArray(row) || !Array.isArray(row[1])) continue;
    rows.push([Number(row[0]), row[1]]);
  }
  return rows;
}

/** Cells are written by the evaluation itself: JSON arrays of what SQLite holds. */
function cellsOf(text: string): Cell[] {
  const cells = parseExactJson(text);
  return Array.isArray(cells) ? cells : [];
}
