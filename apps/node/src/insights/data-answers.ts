// What this node answers about the data itself: which write each cell is from, and checksums of tables. All
// of it is read in reader processes; the writer is never asked.

import {
  type CellOrigins,
  type CellsInput,
  checksumMsMax,
  type TableChecksum,
} from '@patina/api/insights/data-shapes.ts';
import { questions } from '@patina/api/insights/questions.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { hlcToUnixMs } from '@patina/engine/base/hlc.ts';
import type { PatinaNode } from '@patina/engine/node.ts';
import { readCellOrigins } from '@patina/engine/storage/cell-origins.ts';
import type { ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import type { SqlParam } from '@patina/engine/storage/sql-value.ts';
import { checksumTable } from '@patina/engine/storage/table-checksum.ts';
import { type AnswerContext, type Handler, handle, type KnownMember } from './asking.ts';
import type { LimitedAsker } from './limited-asker.ts';
import { Turns } from './turns.ts';

/**
 * A checksum reads the whole table: others need readers too. And few may wait, since each holds one of the
 * questions that another node may have under way here.
 */
const checksumsRunningMax = 1;
const checksumsWaitingMax = 4;

export interface DataParts {
  readonly node: Pick<PatinaNode, 'actorId' | 'address'> & {
    members(): readonly Pick<KnownMember, 'actorId' | 'address'>[];
  };
  readonly readers: Pick<ReaderPool, 'all' | 'hash'>;
}

export function dataHandlers({ node, readers }: DataParts, limits: LimitedAsker): Handler[] {
  const turns = new Turns({ runningMax: checksumsRunningMax, waitingMax: checksumsWaitingMax });
  return [
    handle(questions.checksum, (input, context) => {
      limits.checkTable(input, input.table);
      return checksum(readers, turns, input.table, context);
    }),
    handle(questions.cells, (input, context) => {
      limits.checkTable(input, input.table);
      return cells(readers, node, input, context);
    }),
  ];
}

async function checksum(
  readers: DataParts['readers'],
  turns: Turns,
  table: string,
  { signal, timeLimitMs }: AnswerContext,
): Promise<TableChecksum> {
  const limitMs = Math.min(timeLimitMs, checksumMsMax);
  // Waiting counts too: whoever asks has the same patience with a node that is busy.
  const deadlineMs = performance.now() + limitMs;
  const late = AbortSignal.timeout(limitMs);
  const ended = signal === undefined ? late : AbortSignal.any([signal, late]);
  try {
    const told = await turns.take(ended, () =>
      checksumTable(readers, table, {
        timeoutMs: Math.max(1, deadlineMs - performance.now()),
        signal,
      }),
    );
    return { rows: told.rows, checksum: told.checksum, time_ms: told.timeMs };
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const isSlow = error instanceof PatinaError && error.code === 'PATINA_SQL_TIMEOUT';
    throw isSlow || late.aborted ? tookTooLong(table, limitMs) : error;
  }
}

async function cells(
  readers: DataParts['readers'],
  node: DataParts['node'],
  { table, keys }: CellsInput,
  { signal, timeLimitMs }: AnswerContext,
): Promise<CellOrigins> {
  const found = await readCellOrigins(readers, table, keys.map(keyOf), {
    timeoutMs: timeLimitMs,
    signal,
  });
  const placeByActor = new Map<string, number>();
  const rows = found.map((origins) => {
    if (origins === undefined) return null;
    const told = [...origins].map(([column, { actorId, version, hlc }]) => {
      const actor = placeByActor.get(actorId) ?? placeByActor.size;
      placeByActor.set(actorId, actor);
      return [column, { actor, version, at_ms: hlcToUnixMs(hlc) }] as const;
    });
    return { cells: Object.fromEntries(told) };
  });
  const addresses = addressesOf(node);
  const actors = [...placeByActor.keys()].map((actorId) => ({
    actor_id: actorId,
    address: addresses.get(actorId) ?? null,
  }));
  return { actors, rows };
}

/** Arrays of numbers are the bytes of a blob. */
function keyOf(values: CellsInput['keys'][number]): SqlParam[] {
  return values.map((value) => (Array.isArray(value) ? Uint8Array.from(value) : value));
}

function addressesOf(node: DataParts['node']): ReadonlyMap<string, string> {
  const members = node.members().map(({ actorId, address }) => [actorId, address] as const);
  return new Map([...members, [node.actorId, node.address]]);
}

function tookTooLong(table: string, limitMs: number): PatinaError {
  const message = `reading all of ${table} took longer than ${Math.round(limitMs / 1_000)} s`;
  return new PatinaError('PATINA_SQL_TIMEOUT', message, {
    hint: 'The table is large, or the node busy: compare parts of it by queries.',
  });
}
