// The data of the demo: read whole, from the package that comes along, and fit for its tables.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { parseAirports, parseFlights, readDataset } from './dataset.ts';
import { flightRow } from './import-data.ts';
import { airports, demoTables, flights, insertSql, schemaDirectory } from './tables.ts';

/** An empty database with the schema of the demo. */
function emptyDatabase(): Database.Database {
  const db = new Database(':memory:');
  for (const name of readdirSync(schemaDirectory)) {
    db.exec(readFileSync(join(schemaDirectory, name), 'utf8'));
  }
  return db;
}

describe('the package', () => {
  const data = readDataset();

  it('holds 3,376 airports and 20,000 flights between them', () => {
    expect(data.airports).toHaveLength(3_376);
    expect(data.flights).toHaveLength(20_000);
    const codes = new Set(data.airports.map(([iata]) => iata));
    expect(codes.size).toBe(3_376);
    for (const { origin, destination } of data.flights) {
      expect(codes.has(origin) && codes.has(destination)).toBe(true);
    }
  });

  it('fits the tables', () => {
    const db = emptyDatabase();
    const airportRows = data.airports.slice(0, 3);
    db.prepare(insertSql(airports, 3)).run(airportRows.flat());
    const insertAgain = db.prepare(insertSql(airports, 3)).run(airportRows.flat());
    expect(insertAgain.changes).toBe(0);
    expect(db.prepare('SELECT * FROM airports ORDER BY iata').raw().all()).toEqual(airportRows);
    const [flight] = data.flights;
    if (flight === undefined) throw new Error('there are flights');
    const row = flightRow(1, flight, flight.delayMinutes, 'arrived');
    db.prepare(insertSql(flights, 1)).run(row);
    expect(db.prepare('SELECT * FROM flights').raw().all()).toEqual([row]);
  });
});

it('the tables of the code are those of the schema', () => {
  const db = emptyDatabase();
  for (const { name, columns, key } of demoTables) {
    const declared = db.prepare('SELECT name, pk FROM pragma_table_info(?)').all(name);
    expect(declared).toEqual(columns.map((column) => ({ name: column, pk: +(column === key) })));
  }
});

it('reads what is not known as NULL', () => {
  const text = 'iata,name,city,state,country,latitude,longitude\nCLD,"A, B",NA,NA,USA,33.5,-117\n';
  expect(parseAirports(text)).toEqual([['CLD', 'A, B', null, null, 'USA', 33.5, -117]]);
});

it('refuses data of another shape', () => {
  expect(() => parseAirports('iata\nCLD\n')).toThrow();
  expect(() => parseFlights('[{"date":"2001-01-01"}]')).toThrow();
});
