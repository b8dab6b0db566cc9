// New queries wait here to be filled: a few at a time, so that a large one does not hold up the small
// ones, each on a connection of its own.

import { DatabaseReader, statementsMax } from './database-reader.ts';
import type { LiveQuery } from './live-query.ts';
import { type FillParts, QueryFill } from './query-fill.ts';

/** How many are filled at once; each holds a snapshot of the database. */
const fillsMax = 4;

/** What one fill gets before it is another one's turn, milliseconds. */
const sliceMs = 5;

export type FillResult =
  | { readonly kind: 'filled'; readonly fill: QueryFill; readonly timeMs: number }
  | { readonly kind: 'failed'; readonly query: LiveQuery; readonly error: unknown };

export class FillQueue {
  readonly #databasePath: string;
  readonly #parts: Omit<FillParts, 'reader'>;
  readonly #onEvaluating: (id: string | undefined) => void;
  readonly #waiting: LiveQuery[] = [];
  readonly #running: QueryFill[] = [];
  readonly #readers: DatabaseReader[] = [];
  readonly #readerByFill = new Map<QueryFill, DatabaseReader>();

  constructor(
    databasePath: string,
    parts: Omit<FillParts, 'reader'>,
    onEvaluating: (id: string | undefined) => void,
  ) {
    this.#databasePath = databasePath;
    this.#parts = parts;
    this.#onEvaluating = onEvaluating;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#running.length === 0;
  }

  add(query: LiveQuery): void {
    this.#waiting.push(query);
  }

  /** Forgets a query. */
  remove(query: LiveQuery): void {
    const index = this.#waiting.indexOf(query);
    if (index >= 0) this.#waiting.splice(index, 1);
    const fill = this.#running.find((candidate) => candidate.query === query);
    if (fill !== undefined) this.#end(fill);
  }

  /** Goes on filling until the deadline. A filled query is returned with its snapshot let go. */
  work(deadlineMs: number): FillResult[] {
    const results: FillResult[] = [];
    const { monotonicMs } = this.#parts;
    do {
      this.#start(results);
      const fill = this.#running.shift();
      if (fill === undefined) break;
      this.#running.push(fill);
      this.#step(fill, Math.min(deadlineMs, monotonicMs() + sliceMs), results);
    } while (monotonicMs() < deadlineMs);
    return results;
  }

  /** Starts all over with those that were being filled: what they read is void. */
  restart(): LiveQuery[] {
    const queries = this.#running.map(({ query }) => query);
    for (const fill of [...this.#running]) this.#end(fill);
    for (const reader of this.#readers) reader.forgetStatements();
    this.#waiting.unshift(...queries);
    return queries;
  }

  close(): void {
    for (const fill of [...this.#running]) this.#end(fill);
    for (const reader of this.#readers) reader.close();
  }

  #start(results: FillResult[]): void {
    while (this.#running.length < fillsMax) {
      const query = this.#waiting.shift();
      if (query === undefined) return;
      const reader =
        this.#readers.pop() ?? new DatabaseReader(this.#databasePath, statementsMax.fill);
      try {
        const fill = new QueryFill({ ...this.#parts, reader }, query);
        this.#readerByFill.set(fill, reader);
        this.#running.push(fill);
      } catch (error) {
        reader.end();
        this.#readers.push(reader);
        results.push({ kind: 'failed', query, error });
      }
    }
  }

  #step(fill: QueryFill, deadlineMs: number, results: FillResult[]): void {
    this.#onEvaluating(fill.query.id);
    try {
      if (!fill.step(deadlineMs)) return;
      results.push({ kind: 'filled', fill, timeMs: this.#parts.monotonicMs() - fill.startMs });
    } catch (error) {
      results.push({ kind: 'failed', query: fill.query, error });
    } finally {
      this.#onEvaluating(undefined);
    }
    this.#end(fill);
  }

  #end(fill: QueryFill): void {
    fill.close();
    this.#running.splice(this.#running.indexOf(fill), 1);
    const reader = this.#readerByFill.get(fill);
    this.#readerByFill.delete(fill);
    if (reader !== undefined) this.#readers.push(reader);
  }
}
