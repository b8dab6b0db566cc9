-- What the demo replicates: airports, and flights between them.

CREATE TABLE airports (
  iata TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL DEFAULT '',
  city TEXT,
  state TEXT,
  country TEXT NOT NULL DEFAULT '',
  latitude REAL,
  longitude REAL
);

CREATE TABLE flights (
  id INTEGER NOT NULL PRIMARY KEY,
  scheduled TEXT NOT NULL DEFAULT '',
  origin TEXT NOT NULL DEFAULT '',
  destination TEXT NOT NULL DEFAULT '',
  distance_miles INTEGER,
  delay_minutes INTEGER,
  status TEXT NOT NULL DEFAULT 'scheduled'
);

CREATE INDEX flights_by_origin ON flights (origin);
