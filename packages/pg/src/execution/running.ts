// The statement that a session is carrying out, and what may end it early: its timeout, its client, or the
// end of the session.

import { PgError } from '../pg-error.ts';

/** The longest delay that timers take, milliseconds. */
const timerMsMax = 2 ** 31 - 1;

export class Running {
  #timer: NodeJS.Timeout | undefined;
  #onInterrupt: ((error: PgError) => void) | undefined;
  #error: PgError | undefined;
  #controller: AbortController | undefined;
  #isOver = false;

  /** With a `timeoutMs` of 0 it may take for ever. */
  constructor(timeoutMs: number) {
    if (timeoutMs <= 0) return;
    this.#timer = setTimeout(() => this.interrupt(timedOut()), Math.min(timeoutMs, timerMsMax));
  }

  /** Aborted, with the error as its reason, when the statement is to end. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#error !== undefined) this.#controller.abort(this.#error);
    return this.#controller.signal;
  }

  /** Sets what ends the work that is under way now; called at once when that was asked for already. */
  onInterrupt(handler: (error: PgError) => void): void {
    this.#onInterrupt = handler;
    if (this.#error !== undefined) handler(this.#error);
  }

  interrupt(error: PgError): void {
    if (this.#isOver || this.#error !== undefined) return;
    this.#error = error;
    this.#controller?.abort(error);
    this.#onInterrupt?.(error);
  }

  /** Throws what ended it. */
  check(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  finish(): void {
    this.#isOver = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }
}

function timedOut(): PgError {
  return new PgError('57014', 'canceling statement due to statement timeout');
}

/** What a cancel request leads to. */
export function cancelledByUser(): PgError {
  return new PgError('57014', 'canceling statement due to user request');
}
