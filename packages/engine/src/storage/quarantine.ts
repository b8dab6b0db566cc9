// Versions that cannot be applied yet: kept whole, with the reason, and tried again when the schema
// changes or, for clocks ahead of ours, when the time has come.

import { ByteReader } from '../base/bytes.ts';
import { decodeChunkHeader } from '../base/chunk-header.ts';
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

/** Which version is kept; versions are tried in order of actor ordinal and version. */
export interface QuarantineKey {
  readonly actor: number;
  readonly version: number;
}

/** Before every key. */
export const quarantineStart: QuarantineKey = { actor: 0, version: 0 };

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
          'INSERT INTO __patina_quarantine ' +
            '(actor, version, start_seq, reason, message, since_ms, retry_at_ms, bytes) ' +
            'VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (actor, version, start_seq) DO UPDATE ' +
            'SET reason = excluded.reason, message = excluded.message, ' +
            'retry_at_ms = excluded.retry_at_ms, bytes = excluded.bytes',
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

  /** Some versions to try again, after `after`. */
  list(which: 'all' | 'due', nowMs: number, after: QuarantineKey): QuarantineKey[] {
    const due = which === 'due' ? 'retry_at_ms <= ?' : '? IS NOT NULL';
    return this.#statements
      .get(
        'SELECT DISTINCT actor, version FROM __patina_quarantine ' +
          `WHERE ${due} AND (actor, version) > (?, ?) ORDER BY actor, version LIMIT ?`,
      )
      .all(nowMs, after.actor, after.version, retryVersionsMax) as QuarantineKey[];
  }

  /** Forgets a version: it was applied. */
  release({ actor, version }: QuarantineKey): void {
    this.#statements
      .get('DELETE FROM __patina_quarantine WHERE actor = ? AND version = ?')
      .run(actor, version);
  }

  /** The chunks of a version, in order. */
  chunks({ actor, version }: QuarantineKey): Uint8Array[] {
    const rows = this.#statements
      .get(
        'SELECT bytes FROM __patina_quarantine WHERE actor = ? AND version = ? ORDER BY start_seq',
        'raw',
      )
      .all(actor, version) as [Uint8Array][];
    return rows.map(([bytes]) => bytes);
  }
}
