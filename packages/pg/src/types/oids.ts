// The types of PostgreSQL that Patina knows, by their object ids, which are fixed in every PostgreSQL.

/** An object id of PostgreSQL. */
export type Oid = number;

/** A type with its modifier: varchar(10) is 1043 with typmod 14; -1 is none. */
export interface PgType {
  readonly oid: Oid;
  readonly typmod: number;
}
