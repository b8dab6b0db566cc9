// The rows of one query, collected up to limits. When a limit is reached the reader is stopped: rows
// that nobody will see are not read.

import { PatinaError } from '@patina/engine/base/errors.ts';
import { parseExactJson } from '../exact-json.ts';
import type { PatinaService } from '../service.ts';
import type { Statement } from '../statement.ts';
import type { QueryResult } from './shapes.ts';

export interface CollectRequest {
  readonly statement: Statement;
  readonly rowsMax: number;
  readonly bytesMax: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

type Cells = QueryResult['rows'][number];

/** Runs a read-only statement; rejects as `PatinaService.query`. */
export async function collectQuery(
  service: Pick<PatinaService, 'query'>,
  request: CollectRequest,
): Promise<QueryResult> {
  const { statement, timeoutMs, signal } = request;
  const full = new AbortController();
  const rows = new RowCollector(request, () => full.abort());
  const startMs = performance.now();
  try {
    const { timeMs } = await service.query(
      {
        statement,
        timeoutMs,
        intsAsStrings: false,
        signal: signal === undefined ? full.signal : AbortSignal.any([full.signal, signal]),
      },
      rows,
    );
    return rows.result(timeMs);
  } catch (error) {
    // Stopped by ourselves: what came before is the answer.
    if (rows.isFull && signal?.aborted !== true) return rows.result(performance.now() - startMs);
    throw error;
  }
}

/** Takes NDJSON that may be cut anywhere. */
class RowCollector {
  readonly #rowsMax: number;
  readonly #bytesMax: number;
  readonly #onFull: () => void;
  readonly #decoder = new TextDecoder();
  readonly #rows: Cells[] = [];
  #columns: readonly string[] = [];
  #rest = '';
  #bytes = 0;
  isFull = false;

  constructor(limits: { rowsMax: number; bytesMax: number }, onFull: () => void) {
    this.#rowsMax = limits.rowsMax;
    this.#bytesMax = limits.bytesMax;
    this.#onFull = onFull;
  }

  onHead(columns: readonly string[]): void {
    this.#columns = columns;
  }

  onRows(bytes: Uint8Array): void {
    if (this.isFull) return;
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') continue;
      if (this.#rows.length >= this.#rowsMax || this.#bytes + line.length > this.#bytesMax) {
        this.#stop();
        return;
      }
      this.#bytes += line.length;
      this.#rows.push(cellsOf(line));
    }
    // A row that is longer than all that may come has no end in sight.
    if (this.#bytes + this.#rest.length > this.#bytesMax) this.#stop();
  }

  result(timeMs: number): QueryResult {
    return {
      columns: [...this.#columns],
      rows: this.#rows,
      truncated: this.isFull,
      time_ms: timeMs,
      bytes: this.#bytes,
    };
  }

  #stop(): void {
    this.isFull = true;
    this.#rest = '';
    this.#onFull();
  }
}

function cellsOf(line: string): Cells {
  const parsed = parseExactJson(line);
  if (typeof parsed === 'object' && parsed !== null && 'row' in parsed) {
    const { row } = parsed;
    const cells: unknown = Array.isArray(row) ? row[1] : undefined;
    if (Array.isArray(cells)) return cells;
  }
  throw new PatinaError('PATINA_INTERNAL', 'a reader wrote something that is no row');
}
