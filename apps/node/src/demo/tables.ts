// The tables of the demo as the importer and the proof see them; schema/flights.sql declares them, and
// a test holds the two together.

import { fileURLToPath } from 'node:url';

export interface DemoTable {
  readonly name: string;
  readonly key: string;
  /** All columns, in their order. */
  readonly columns: readonly string[];
}

export const airports: DemoTable = {
  name: 'airports',
  key: 'iata',
  columns: ['iata', 'name', 'city', 'state', 'country', 'latitude', 'longitude'],
};

export const flights: DemoTable = {
  name: 'flights',
  key: 'id',
  columns: [
    'id',
    'scheduled',
    'origin',
    'destination',
    'distance_miles',
    'delay_minutes',
    'status',
  ],
};

export const demoTables: readonly DemoTable[] = [airports, flights];

/** The directory of the schema files. */
export const schemaDirectory = fileURLToPath(new URL('schema', import.meta.url));

/** Inserts `rowCount` rows that may be there already. */
export function insertSql({ name, columns, key }: DemoTable, rowCount: number): string {
  const row = `(${columns.map(() => '?').join(', ')})`;
  const rows = new Array(rowCount).fill(row).join(', ');
  return `INSERT INTO ${name} (${columns.join(', ')}) VALUES ${rows} ON CONFLICT (${key}) DO NOTHING`;
}
