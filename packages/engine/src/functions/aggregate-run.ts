// One run of an aggregate inside SQLite: over a group, or over a window whose frame moves.
//
// Our aggregates only add rows. Where rows leave a frame, what is left is added up anew, from a record of the
// rows, which is kept up to a limit. And an error waits for the result: node:sqlite loses one that a step throws.

import { sqlFault } from './function-error.ts';
import type { AggregateFunction, Answer, Cell } from './function-types.ts';

/** Rows of a frame whose start moves; groups and growing frames have any number. */
const frameRowsMax = 10_000;

export class AggregateRun {
  readonly #aggregate: AggregateFunction;
  #state: unknown;
  /** What the state is made of; undefined once that is too much. */
  #rows: (readonly Cell[])[] | undefined = [];
  /** Rows have left since the state was made. */
  #isStale = false;
  #error: unknown;

  constructor(aggregate: AggregateFunction) {
    this.#aggregate = aggregate;
    this.#state = aggregate.start();
  }

  /** A row comes in. */
  add(args: readonly Cell[]): void {
    if (this.#rows !== undefined) {
      if (this.#rows.length < frameRowsMax) this.#rows.push(args);
      else this.#rows = undefined;
    }
    if (!this.#isStale) this.#step(args);
  }

  /** The row that came first leaves. */
  dropFirst(): void {
    if (this.#rows === undefined) {
      this.fail(
        sqlFault(
          '0A000',
          `window frames of more than ${frameRowsMax} rows whose start moves are not supported for this aggregate`,
        ),
      );
      return;
    }
    this.#rows.shift();
    this.#isStale = true;
  }

  /** The result will be this error, or one that came before it. */
  fail(error: unknown): void {
    this.#error ??= error;
  }

  /** May be asked for more than once. Throws what a step threw. */
  result(): Answer {
    if (this.#isStale) {
      this.#isStale = false;
      this.#state = this.#aggregate.start();
      for (const args of this.#rows ?? []) this.#step(args);
    }
    if (this.#error !== undefined) throw this.#error;
    return this.#aggregate.result(this.#state as never);
  }

  #step(args: readonly Cell[]): void {
    if (this.#error !== undefined) return;
    try {
      this.#state = this.#aggregate.step(this.#state as never, ...args);
    } catch (error) {
      this.fail(error);
    }
  }
}
