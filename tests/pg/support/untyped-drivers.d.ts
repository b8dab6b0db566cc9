// Types of companions of node-postgres that bring none, as far as the tests use them.

declare module 'pg-copy-streams' {
  import type { Duplex } from 'node:stream';
  import type { Submittable } from 'pg';
  export function from(sql: string): Duplex & Submittable;
  export function to(sql: string): Duplex & Submittable;
}

declare module 'pg-cursor' {
  import type { Submittable } from 'pg';

  interface PgCursor<Row> extends Submittable {
    read(count: number): Promise<Row[]>;
    close(): Promise<void>;
  }
  const Cursor: {
    new <Row = unknown>(sql: string, values?: readonly unknown[]): PgCursor<Row>;
  };
  export default Cursor;
}
