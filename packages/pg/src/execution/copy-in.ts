// COPY FROM STDIN: rows are read from the bytes as they come, and written as one version at the end.

import type { SqlValue } from '@patina/engine/base/value.ts';
import { PgError } from '../pg-error.ts';
import type { RunSettings, SessionRequest } from '../session/requests.ts';
import type { Oid } from '../types/oids.ts';
import type { CopyOptions } from '../utility/utility-statement.ts';
import { valuesBytes } from './pending-writes.ts';
import type { ExecutionLimits } from './ports.ts';

export type CopyInRequest = Extract<SessionRequest, { kind: 'copy-in' }>;

/** Reads rows from the bytes of a COPY, which may be cut anywhere. Throws PgError with the line at fault. */
export interface CopyDecoder {
  push(bytes: Uint8Array): readonly (readonly SqlValue[])[];
  /** The last line may lack its end. */
  end(): readonly (readonly SqlValue[])[];
}

export type MakeCopyDecoder = (format: {
  readonly options: CopyOptions;
  readonly columnNames: readonly string[];
  readonly types: readonly Oid[];
  readonly settings: RunSettings;
}) => CopyDecoder;

export class CopyIn {
  readonly request: CopyInRequest;
  readonly rows: (readonly SqlValue[])[] = [];
  readonly #decoder: CopyDecoder;
  readonly #limits: ExecutionLimits;
  #bytes = 0;
  /** Of a row that has begun: it may never end. */
  #begunBytes = 0;

  constructor(request: CopyInRequest, limits: ExecutionLimits, makeDecoder: MakeCopyDecoder) {
    this.request = request;
    this.#limits = limits;
    this.#decoder = makeDecoder({
      options: request.options,
      columnNames: request.columnNames,
      types: request.insert.params,
      settings: request.settings,
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws PgError with the line at fault, or 54000 when it is too much. */
  push(bytes: Uint8Array): void {
    const rows = this.#decoder.push(bytes);
    this.#begunBytes = rows.length > 0 ? 0 : this.#begunBytes + bytes.length;
    if (this.#begunBytes > this.#limits.copyBytesMax) {
      throw tooLarge(`${this.#limits.copyBytesMax} bytes`);
    }
    this.#keep(rows);
  }

  /** The last line may lack its end. Throws as `push`. */
  end(): void {
    this.#keep(this.#decoder.end());
  }

  #keep(rows: readonly (readonly SqlValue[])[]): void {
    for (const row of rows) {
      this.#bytes += valuesBytes(row);
      this.rows.push(row);
    }
    const { copyRowsMax, copyBytesMax } = this.#limits;
    if (this.rows.length > copyRowsMax) throw tooLarge(`${copyRowsMax} rows`);
    if (this.#bytes > copyBytesMax) throw tooLarge(`${copyBytesMax} bytes`);
  }
}

function tooLarge(limit: string): PgError {
  return new PgError('54000', `one COPY takes at most ${limit}`, {
    hint: 'A COPY is one version, replicated whole: load the data in several.',
  });
}
