// Keeps what of a table is in view as it is in the table: loads page after page, and reads again those in view
// when something has changed. One question at a time, and never so often that the node does nothing else.

import { type Fault, faultOf } from '../../../connection/faults.ts';
import type { RowRange } from './page-sql.ts';
import {
  asOld,
  isComplete,
  type KeyOf,
  keyText,
  nextRange,
  oldPageIn,
  type RangeAnswer,
  type Row,
  type RowChange,
  type RowPage,
  rangeOf,
  rowsOf,
  withAgain,
  withNext,
} from './row-pages.ts';

/** Between two readings of what is in view: at least this, milliseconds, and twice what the last one took. */
const pauseMsMin = 400;
const pauseShare = 2;

/** For so long a change is marked, milliseconds. */
export const markedMs = 2_000;

export interface WindowState {
  readonly rows: readonly Row[];
  readonly isLoading: boolean;
  readonly isComplete: boolean;
  readonly fault: Fault | undefined;
  /** What has changed lately, by the text of the key. */
  readonly changes: ReadonlyMap<string, RowChange>;
  /** Another number with other rows or marks. */
  readonly version: number;
}

export interface RowWindowOptions {
  readonly read: (range: RowRange, signal: AbortSignal) => Promise<RangeAnswer>;
  /** undefined where rows have no key: then there is one page, which is read anew as a whole. */
  readonly keyOf: KeyOf | undefined;
}

export const nothingLoaded: WindowState = {
  rows: [],
  isLoading: true,
  isComplete: false,
  fault: undefined,
  changes: new Map(),
  version: 0,
};

export class RowWindow {
  readonly #options: RowWindowOptions;
  readonly #listeners = new Set<() => void>();
  readonly #abort = new AbortController();
  #state = nothingLoaded;
  #pages: readonly RowPage[] = [];
  #marks = new Map<string, { readonly change: RowChange; readonly untilMs: number }>();
  #view = { first: 0, end: 0 };
  #wantsMore = true;
  #isBusy = false;
  /** Something has changed while a page was loaded: whether before or after it was read is not known. */
  #isOvertaken = false;
  #nextMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #markTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RowWindowOptions) {
    this.#options = options;
    this.#work();
  }

  readonly state = (): WindowState => this.#state;

  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Rows from `first` up to `end` are in view. */
  setView(first: number, end: number): void {
    this.#view = { first, end };
    this.#work();
  }

  loadMore(): void {
    if (this.#state.isComplete || this.#state.fault !== undefined || this.#pages.length === 0)
      return;
    this.#wantsMore = true;
    this.#work();
  }

  /** Something may have changed, or a failure may have passed. */
  invalidate(): void {
    this.#isOvertaken = this.#isBusy;
    this.#pages = this.#options.keyOf === undefined ? [] : asOld(this.#pages);
    this.#wantsMore ||= this.#pages.length === 0;
    this.#work();
  }

  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#markTimer);
  }

  #work(): void {
    if (this.#isBusy || this.#abort.signal.aborted) return;
    if (this.#wantsMore) {
      void this.#ask(nextRange(this.#pages), (answer) => this.#loaded(answer));
      return;
    }
    const index = oldPageIn(this.#pages, this.#view.first, this.#view.end);
    const page = index === undefined ? undefined : this.#pages[index];
    if (index === undefined || page === undefined) return;
    const waitMs = this.#nextMs - Date.now();
    clearTimeout(this.#timer);
    if (waitMs > 0) this.#timer = setTimeout(() => this.#work(), waitMs);
    else void this.#ask(rangeOf(page), (answer) => this.#readAgain(index, answer));
  }

  async #ask(range: RowRange, take: (answer: RangeAnswer) => void): Promise<void> {
    const { signal } = this.#abort;
    const startMs = Date.now();
    this.#isBusy = true;
    if (this.#wantsMore) this.#put({ isLoading: true });
    try {
      const answer = await this.#options.read(range, signal);
      if (signal.aborted) return;
      take(answer);
    } catch (error) {
      if (signal.aborted) return;
      this.#pages = asOld(this.#pages);
      this.#put({ isLoading: false, fault: faultOf(error) });
      this.#isBusy = false;
      this.#wantsMore = false;
      // Only a change, or the reader, asks again: one that came meanwhile already has.
      if (this.#isOvertaken) this.invalidate();
      return;
    }
    const endMs = Date.now();
    this.#nextMs = endMs + Math.max(pauseMsMin, pauseShare * (endMs - startMs));
    this.#isBusy = false;
    this.#isOvertaken = false;
    this.#work();
  }

  #loaded(answer: RangeAnswer): void {
    const { keyOf } = this.#options;
    // Without keys there is nothing to read again but the whole.
    this.#wantsMore = this.#isOvertaken && keyOf === undefined;
    this.#pages =
      keyOf === undefined
        ? [{ after: undefined, until: undefined, rows: answer.rows, isOld: false }]
        : withNext(this.#pages, answer, keyOf);
    if (this.#isOvertaken && keyOf !== undefined) this.#pages = asOld(this.#pages);
    this.#show();
  }

  #readAgain(index: number, answer: RangeAnswer): void {
    const { keyOf } = this.#options;
    if (keyOf === undefined) return;
    const { pages, changes } = withAgain(this.#pages, index, answer, keyOf);
    this.#pages = this.#isOvertaken ? asOld(pages) : pages;
    const untilMs = Date.now() + markedMs;
    for (const [key, change] of changes) this.#marks.set(key, { change, untilMs });
    this.#show();
    this.#forgetMarks();
  }

  /** Takes marks away whose time is over, now and as their time comes. */
  #forgetMarks(): void {
    clearTimeout(this.#markTimer);
    const nowMs = Date.now();
    const count = this.#marks.size;
    for (const [key, { untilMs }] of this.#marks) if (untilMs <= nowMs) this.#marks.delete(key);
    if (this.#marks.size < count) this.#show();
    const nextMs = Math.min(...[...this.#marks.values()].map(({ untilMs }) => untilMs));
    if (this.#marks.size > 0) {
      this.#markTimer = setTimeout(() => this.#forgetMarks(), nextMs - nowMs);
    }
  }

  #show(): void {
    this.#put({
      rows: rowsOf(this.#pages),
      isLoading: false,
      isComplete: isComplete(this.#pages),
      fault: undefined,
      changes: new Map([...this.#marks].map(([key, { change }]) => [key, change])),
      version: this.#state.version + 1,
    });
  }

  #put(changes: Partial<WindowState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

/** The change of a row, if any. */
export function changeOf(
  { changes }: WindowState,
  row: Row | undefined,
  keyOf: KeyOf | undefined,
): RowChange | undefined {
  if (changes.size === 0 || row === undefined || keyOf === undefined) return undefined;
  return changes.get(keyText(keyOf(row)));
}
