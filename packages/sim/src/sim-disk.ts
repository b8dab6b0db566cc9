// The disk of a machine: its database, which outlives its processes, images of it from earlier, and the
// file beside it by which a node recognises that the database is not the one it left.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installOnBetterSqlite } from '@patina/engine/functions/install.ts';
import type { MemberRow } from '@patina/engine/ports.ts';
import Database from 'better-sqlite3';

/** A copy of a disk at some moment. */
export interface DiskImage {
  readonly database: Buffer;
  readonly members: readonly MemberRow[];
  /** The start during which it was taken: an image from an earlier one is recognised as old. */
  readonly start: number;
  readonly takenAtMs: number;
}

export class SimDisk {
  /** Set when other programs are to open the same database: those need a file. */
  readonly #folder: string | undefined;
  #db: Database.Database | undefined;
  members: readonly MemberRow[] = [];
  /** Number of the last start on this disk. */
  start = 0;
  readonly images: DiskImage[] = [];

  constructor(isFile: boolean) {
    this.#folder = isFile ? mkdtempSync(join(tmpdir(), 'patina-sim-')) : undefined;
  }

  get isFile(): boolean {
    return this.#folder !== undefined;
  }

  get db(): Database.Database {
    if (this.#db === undefined) this.#db = this.#open(undefined);
    return this.#db;
  }

  /** Another program's connection to the same database, as plain as any; only where it is a file. */
  openForeign(): Database.Database {
    return new Database(this.#path(), { timeout: 0 });
  }

  image(nowMs: number): DiskImage {
    const { members, start } = this;
    return { database: this.db.serialize(), members, start, takenAtMs: nowMs };
  }

  /** What the next process finds: the same bytes in a new connection. */
  reopen(): void {
    if (this.#folder !== undefined) {
      this.#db?.close();
      this.#db = this.#open(undefined);
      return;
    }
    const bytes = this.db.serialize();
    this.#db?.close();
    this.#db = this.#open(bytes);
  }

  /** Puts an image in the place of what is there. */
  restore(image: DiskImage): void {
    this.#db?.close();
    this.#db = this.#open(image.database);
    this.members = image.members;
  }

  destroy(): void {
    this.#db?.close();
    this.#db = undefined;
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  #open(bytes: Buffer | undefined): Database.Database {
    let db: Database.Database;
    if (this.#folder === undefined) {
      db = bytes === undefined ? new Database(':memory:') : new Database(bytes);
    } else {
      for (const suffix of bytes === undefined ? [] : ['-wal', '-shm', '-journal']) {
        rmSync(this.#path() + suffix, { force: true });
      }
      if (bytes !== undefined) writeFileSync(this.#path(), bytes);
      db = new Database(this.#path());
      db.pragma('journal_mode = MEMORY');
      db.pragma('synchronous = OFF');
    }
    db.pragma('recursive_triggers = ON');
    installOnBetterSqlite(db);
    return db;
  }

  #path(): string {
    if (this.#folder === undefined) throw new Error('a disk in memory has no path');
    return join(this.#folder, 'node.db');
  }
}
