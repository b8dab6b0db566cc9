// The real data of the demo: airports of the United States, and 20,000 flights of early 2001, as the
// npm package vega-datasets brings them along. Read from node_modules, without the network.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { z } from 'zod';
import { parseCsv } from './csv.ts';

/** An airport, in the order of the columns of its table. */
export type AirportRow = readonly [
  iata: string,
  name: string,
  city: string | null,
  state: string | null,
  country: string,
  latitude: number,
  longitude: number,
];

/** A flight as it was recorded. */
export interface FlightRecord {
  /** Local time of departure, `YYYY-MM-DD HH:MM`. */
  readonly scheduled: string;
  readonly origin: string;
  readonly destination: string;
  readonly distanceMiles: number;
  /** Negative when it was early. */
  readonly delayMinutes: number;
}

export interface Dataset {
  readonly airports: readonly AirportRow[];
  readonly flights: readonly FlightRecord[];
}

/** Reads the package. Throws PATINA_NOT_FOUND where it is not installed. */
export function readDataset(): Dataset {
  return {
    airports: parseAirports(readData('airports.csv')),
    flights: parseFlights(readData('flights-20k.json')),
  };
}

function readData(name: string): string {
  try {
    const entry = createRequire(import.meta.url).resolve('vega-datasets');
    return readFileSync(join(dirname(entry), '..', 'data', name), 'utf8');
  } catch (cause) {
    throw new PatinaError('PATINA_NOT_FOUND', `the data of the demo is missing: ${name}`, {
      hint: 'Run npm install: it comes with the package vega-datasets.',
      cause,
    });
  }
}

const airportSchema = z.tuple([
  z.string().min(1),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.coerce.number(),
  z.coerce.number(),
]);

/** Airports of a CSV text with a heading; `NA` stands for what is not known. */
export function parseAirports(text: string): AirportRow[] {
  const [, ...records] = parseCsv(text);
  return records.map((record) => {
    const [iata, name, city, state, country, latitude, longitude] = airportSchema.parse(record);
    return [iata, name, known(city), known(state), country, latitude, longitude];
  });
}

function known(text: string): string | null {
  return text === 'NA' || text === '' ? null : text;
}

const flightsSchema = z.array(
  z.object({
    date: z.string().regex(/^\d{4}\/\d\d\/\d\d \d\d:\d\d$/),
    delay: z.number().int(),
    distance: z.number().int(),
    origin: z.string(),
    destination: z.string(),
  }),
);

/** Flights of a JSON text. */
export function parseFlights(text: string): FlightRecord[] {
  return flightsSchema
    .parse(JSON.parse(text))
    .map(({ date, delay, distance, origin, destination }) => ({
      scheduled: date.replaceAll('/', '-'),
      origin,
      destination,
      distanceMiles: distance,
      delayMinutes: delay,
    }));
}
