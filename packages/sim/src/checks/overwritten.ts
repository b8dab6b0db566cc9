// The documented limit of atomic visibility: a node that fetches a large version in pieces gets of each
// piece what later transactions have left of it. Until those arrive too, it may show a part.

import { quoteName } from '@patina/engine/base/sql-text.ts';
import { baseTableName, cellTableName } from '@patina/engine/crdt/table.ts';
import type Database from 'better-sqlite3';
import type { Machine } from '../machine.ts';
import type { Losses } from './losses.ts';

interface ClockRow {
  readonly hlc: number;
  readonly id: string;
  readonly version: number;
}

/**
 * Whether a group that is visible only in part at `machine` may be so: a later transaction on it exists,
 * which this machine does not have yet, or which was lost with its disk.
 */
export function isOverwrittenElsewhere(
  machine: Machine,
  group: number,
  machines: readonly Machine[],
  losses: Losses,
): boolean {
  if (losses.has('atomic', `${group},0`)) return true;
  const here = newestClock(machine.disk.db, group);
  if (here === undefined) return false;
  return machines.some((other) => {
    if (other === machine || other.isLost) return false;
    return clocks(other.disk.db, group).some((clock) => {
      const isLater = clock.hlc > here.hlc || (clock.hlc === here.hlc && clock.id > here.id);
      return isLater && !hasVersion(machine, clock);
    });
  });
}

function newestClock(db: Database.Database, group: number): ClockRow | undefined {
  return clocks(db, group)[0];
}

/** Distinct clocks of a group, newest first. */
function clocks(db: Database.Database, group: number): ClockRow[] {
  const from = (table: string): string =>
    'SELECT DISTINCT x.hlc AS hlc, lower(hex(a.id)) AS id, x.version AS version ' +
    `FROM ${quoteName(table)} AS x JOIN __patina_actors AS a ON a.ordinal = x.actor ` +
    'WHERE x.k0 = ?';
  const sql = `${from(baseTableName('atomic'))} UNION ${from(cellTableName('atomic'))}`;
  return db.prepare<[number, number], ClockRow>(`${sql} ORDER BY 1 DESC, 2 DESC`).all(group, group);
}

function hasVersion(machine: Machine, { id, version }: ClockRow): boolean {
  const states = machine.running?.replica.book.state() ?? [];
  const state = states.find(({ actorId }) => actorId === id);
  if (state === undefined || version > state.head) return false;
  const isIn = ([start, end]: readonly [number, number]): boolean =>
    start <= version && version <= end;
  return !state.gaps.some(isIn) && !state.partials.some((partial) => partial.version === version);
}
