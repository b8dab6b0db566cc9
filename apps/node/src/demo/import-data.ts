// Puts the data into the cluster: through the public API of one node, in transactions of some hundred
// rows. Rows that are there already are left as they are, so that an import can be repeated.

import type { TransactionResponse } from '@patina/api/schemas.ts';
import type { Dataset, FlightRecord } from './dataset.ts';
import type { NodeClient, Value } from './node-client.ts';
import { type Patience, patiently } from './patience.ts';
import { airports, type DemoTable, flights, insertSql } from './tables.ts';

/** Rows of one transaction. */
const batchRows = 500;

const transactionSecondsMax = 30;

export interface ImportProgress {
  readonly rows: number;
  readonly totalRows: number;
}

/** The version that the last transaction of an import made, `actor:version`. */
export type VersionName = string;

/** Whether all rows of the data are in the node's database. */
export async function isImported(node: NodeClient, data: Dataset): Promise<boolean> {
  const sql =
    'SELECT (SELECT count(*) FROM airports), ' +
    `(SELECT count(*) FROM flights WHERE id <= ${data.flights.length})`;
  const [airportRows = 0, flightRows = 0] = await node.numbers(sql, transactionSecondsMax);
  return airportRows >= data.airports.length && flightRows >= data.flights.length;
}

/**
 * Imports everything; returns the last version that it made, undefined when all rows were there. A batch
 * is sent again when the node dies under it.
 */
export async function importData(
  node: NodeClient,
  data: Dataset,
  patience: Patience,
  onProgress: (progress: ImportProgress) => void,
): Promise<VersionName | undefined> {
  const totalRows = data.airports.length + data.flights.length;
  const batches = [
    ...batchesOf(airports, data.airports),
    ...batchesOf(flights, data.flights.map(pastFlight)),
  ];
  let rows = 0;
  let last: TransactionResponse | undefined;
  onProgress({ rows, totalRows });
  for (const { table, batch } of batches) {
    const statement = [insertSql(table, batch.length), batch.flat()] as const;
    const send = (): ReturnType<NodeClient['transact']> =>
      node.transact([statement], transactionSecondsMax);
    const response = await patiently(send, patience);
    if (response.version !== null) last = response;
    rows += batch.length;
    onProgress({ rows, totalRows });
  }
  return last === undefined ? undefined : `${last.actor_id}:${last.version}`;
}

interface Batch {
  readonly table: DemoTable;
  readonly batch: readonly (readonly Value[])[];
}

function batchesOf(table: DemoTable, rows: readonly (readonly Value[])[]): Batch[] {
  const batches: Batch[] = [];
  for (let start = 0; start < rows.length; start += batchRows) {
    batches.push({ table, batch: rows.slice(start, start + batchRows) });
  }
  return batches;
}

/** The row of a recorded flight: its number is its place in the data, counted from 1. */
function pastFlight(flight: FlightRecord, index: number): Value[] {
  return flightRow(index + 1, flight, flight.delayMinutes, 'arrived');
}

/** A row of the table of flights, in the order of its columns. */
export function flightRow(
  id: number,
  flight: FlightRecord,
  delayMinutes: number | null,
  status: string,
): Value[] {
  const { scheduled, origin, destination, distanceMiles } = flight;
  return [id, scheduled, origin, destination, distanceMiles, delayMinutes, status];
}
