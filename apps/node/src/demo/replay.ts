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

/** The writes, without end. Every third one is a new flight, the others bring older ones forward. */
export function* liveWrites({ records, firstId, nodes }: ReplayOptions): Generator<LiveWrite> {
  let step = 0;
  const write = (index: number, status: LiveWrite['status'], delayed: boolean): LiveWrite => {
    const record = must(records[index % records.length], 'there are records');
    const flightId = firstId + (index % liveFlightsMax);
    const row = flightRow(flightId, record, delayed ? record.delayMinutes : null, status);
    // Moved on by one at each round, so that no node gets one kind of write only.
    const node = (step + Math.floor(step / 3)) % nodes;
    step++;
    return { flightId, status, node, statement: [liveSql, row] };
  };
  for (let index = 0; ; index++) {
    yield write(index, 'scheduled', false);
    if (index >= departsAfter) yield write(index - departsAfter, 'departed', true);
    if (index >= arrivesAfter) yield write(index - arrivesAfter, 'arrived', true);
  }
}
