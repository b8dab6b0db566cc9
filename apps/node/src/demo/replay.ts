// Replays recorded flights as live writes: each flight is scheduled, departs with its delay, and arrives,
// every time at another node. The sequence is a pure function of the step, so that it can be tested.

import { must } from '@patina/engine/base/assert.ts';
import type { FlightRecord } from './dataset.ts';
import { flightRow } from './import-data.ts';
import type { StatementJson } from './node-client.ts';
import { flights } from './tables.ts';

/** How many flights later a flight departs, and arrives. */
const departsAfter = 20;
const arrivesAfter = 60;

/** Flights in the table at most: the replay then goes over the newest ones again. */
const liveFlightsMax = 50_000;

/** One live write. */
export interface LiveWrite {
  readonly flightId: number;
  readonly status: 'scheduled' | 'departed' | 'arrived';
  /** Index of the node that it goes to, when that one is up. */
  readonly node: number;
  readonly statement: StatementJson;
}

/** The whole row, so that a node that has not heard of the flight yet takes the write as well. */
const liveSql =
  `INSERT INTO flights (${flights.columns.join(', ')}) VALUES (?, ?, ?, ?, ?, ?, ?) ` +
  'ON CONFLICT (id) DO UPDATE SET delay_minutes = excluded.delay_minutes, status = excluded.status';

export interface ReplayOptions {
  readonly records: readonly FlightRecord[];
  /** The id of the first live flight; fresh, so above all that exist. */
  readonly firstId: number;
  readonly nodes: number;
}

/** Live writes without end. */
export type LiveWrites = Generator<LiveWrite, never, void>;

/** The writes, without end. Every third one is a new flight, the others bring older ones forward. */
export function* liveWrites({ records, firstId, nodes }: ReplayOptions): LiveWrites {
  for (let round = 0; ; round++) {
    // Each kind of write goes round all nodes, a step apart from the others.
    const write = (phase: number, index: number, status: LiveWrite['status']): LiveWrite => {
      const record = must(records[index % records.length], 'there are records');
      const flightId = firstId + (index % liveFlightsMax);
      const delayMinutes = status === 'scheduled' ? null : record.delayMinutes;
      const row = flightRow(flightId, record, delayMinutes, status);
      return { flightId, status, node: (round + phase) % nodes, statement: [liveSql, row] };
    };
    yield write(0, round, 'scheduled');
    if (round >= departsAfter) yield write(1, round - departsAfter, 'departed');
    if (round >= arrivesAfter) yield write(2, round - arrivesAfter, 'arrived');
  }
}
