// Versions that cannot be applied yet: kept whole, with the reason, and tried again when the schema
// changes or, for clocks ahead of ours, when the time has come.

import { ByteReader } from '../base/bytes.ts';
import { decodeChunkHeader } from '../crdt/chunk-header.ts';
import type { Statements } from './statements.ts';

/** Versions that one retry looks at; the rest is looked at by the next. */
const retryVersionsMax = 1_000;

export interface QuarantineReason {
  readonly reason: string;
  readonly message: string;
  readonly sinceMs: number;
  /** When to try again by itself, Unix ms; undefined: when the schema changes. */
  readonly retryAtMs: number | undefined;
}

export interface QuarantinedVersion {
  readonly actor: number;
  readonly version: number;
  readonly chunks: Uint8Array[];
}

export class Quarantine {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  put(actor: number, version: number, chunks: readonly Uint8Array[], why: QuarantineReason): void {
    for (const bytes of chunks) {
      const { startSeq } = decodeChunkHeader(new ByteReader(bytes));
      this.#statements
        .get(
          'INSERT OR REPLACE INTO __patina_quarantine ' +
            '(actor, version, start_seq, reason, message, since_ms, retry_at_ms, bytes) ' +
            'VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run(
          actor,
          version,
          startSeq,
          why.reason,
          why.message,
          why.sinceMs,
          why.retryAtMs ?? null,
          bytes,
        );
    }
  }

  /** Versions to try again, oldest first. */
  list(which: 'all' | 'due', nowMs: number): QuarantinedVersion[] {
    const due = which === 'due' ? 'WHERE retry_at_ms <= ?' : 'WHERE ? IS NOT NULL';
    const versions = this.#statements
      .get(
        `SELECT DISTINCT actor, version FROM __patina_quarantine ${due} ORDER BY actor, version LIMIT ?`,
      )
      .all(nowMs, retryVersionsMax) as { actor: number; version: number }[];
    return versions.map(({ actor, version }) => ({
      actor,
      version,
      chunks: this.#chunks(actor, version),
    }));
  }

  release(actor: number, version: number): void {
    this.#statements
      .get('DELETE FROM __patina_quarantine WHERE actor = ? AND version = ?')
      .run(actor, version);
  }

  #chunks(actor: number, version: number): Uint8Array[] {
    const rows = this.#statements
      .get(
        'SELECT bytes FROM __patina_quarantine WHERE actor = ? AND version = ? ORDER BY start_seq',
        'raw',
      )
      .all(actor, version) as [Uint8Array][];
    return rows.map(([bytes]) => bytes);
  }
}
