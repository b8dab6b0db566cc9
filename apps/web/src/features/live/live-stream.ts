// One live query as the page follows it: opens it, goes on after a lost connection from where it was, holds
// changes back while the reader pauses, and applies what came once a frame. Time, frames and the connection
// come from outside.

import type { Fault } from '../../connection/faults.ts';
import { hlcToUnixMs } from '../../format/hlc.ts';
import { plural } from '../../format/numbers.ts';
import { ChangeFeed } from './change-feed.ts';
import type { LiveEvent } from './live-events.ts';
import { LiveResult, type LiveRow, StepMismatch } from './live-result.ts';
import { RowMarks } from './row-marks.ts';

/** Rows of a result that the page holds. */
export const rowsMax = 50_000;

/** Changes that wait while it is paused; with more the stream is let go until the reader goes on. */
export const heldMax = 5_000;

/** Events that wait for a frame: windows in the background get none for as long as they are there. */
const queuedMax = 500;

/** Between two looks at marks that pass, and between two tellings of the counters, milliseconds. */
const sweepMs = 100;

export type StreamState =
  | 'connecting'
  | 'filling'
  | 'live'
  | 'paused'
  | 'lost'
  | 'failed'
  | 'ended';

/** How the stream went on after it was interrupted. */
export interface Resumption {
  readonly how: 'resumed' | 'anew';
  /** Changes that had been missed. */
  readonly missed: number;
  readonly awayMs: number;
  readonly reason: string | null;
}

export interface StreamStatus {
  readonly state: StreamState;
  readonly fault: Fault | undefined;
  /** Changes that wait until the reader goes on. */
  readonly waiting: number;
  /** So many wait that the stream was let go. */
  readonly isLetGo: boolean;
  readonly resumption: Resumption | undefined;
  /** Rows that came of a snapshot so far. */
  readonly filled: number;
  readonly cursor: string | undefined;
}

export interface StreamObserver {
  readonly onEvent: (event: LiveEvent) => void;
  readonly onFault: (fault: Fault) => void;
  readonly onEnd: () => void;
}

export interface StreamPorts {
  /** Opens the query, after the cursor where there is one; answers with what closes it. */
  readonly open: (from: string | undefined, to: StreamObserver) => () => void;
  readonly nowMs: () => number;
  /** Calls back before the next frame. */
  readonly onFrame: (callback: () => void) => void;
  readonly after: (ms: number, callback: () => void) => void;
}

interface Arrived {
  readonly event: LiveEvent;
  readonly atMs: number;
}

export class LiveStream {
  readonly #ports: StreamPorts;
  readonly #result = new LiveResult();
  readonly marks = new RowMarks();
  readonly feed = new ChangeFeed();
  readonly #listeners = new Set<() => void>();
  #close: (() => void) | undefined;
  #status: StreamStatus = initial;
  #queue: Arrived[] = [];
  #held: Arrived[] = [];
  /** After the last step that is here, whether applied or held. */
  #received: string | undefined;
  #isApplying = false;
  #isPaused = false;
  #isStopped = false;
  #isFrameAsked = false;
  #isSweepAsked = false;
  #lostAtMs: number | undefined;
  #beganAtMs = 0;
  #version = 0;
  #shown: readonly LiveRow[] = [];

  constructor(ports: StreamPorts) {
    this.#ports = ports;
  }

  // These are handed to React as they are, so they keep their `this`.
  readonly status = (): StreamStatus => this.#status;
  /** Rises with each change of rows, marks or feed. */
  readonly version = (): number => this.#version;
  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get columns(): readonly string[] {
    return this.#result.columns;
  }

  get isOrdered(): boolean {
    return this.#result.isOrdered;
  }

  /** Rows of the result, without those that are gone. */
  get rowCount(): number {
    return this.#result.rows.length;
  }

  /** Rows as they are shown, with those that have just gone. */
  get shown(): readonly LiveRow[] {
    return this.#shown;
  }

  start(): void {
    this.#open(undefined);
  }

  stop(): void {
    this.#isStopped = true;
    this.#letGo();
  }

  /** The connection is gone: what waits is applied, the rest comes when it is back. */
  lose(): void {
    const { state, isLetGo } = this.#status;
    if (state === 'failed' || state === 'ended' || isLetGo || this.#isStopped) return;
    this.#lostAtMs ??= this.#ports.nowMs();
    this.#letGo();
    this.#flush();
    this.#tell({ state: 'lost' });
  }

  /** The connection is there again. */
  regain(): void {
    if (this.#status.state === 'lost') this.#open(this.#received);
  }

  pause(): void {
    this.#flush();
    this.#isPaused = true;
    if (this.#status.state === 'live') this.#tell({ state: 'paused' });
  }

  resume(): void {
    this.#isPaused = false;
    const { isLetGo, state } = this.#status;
    this.#queue.push(...this.#held);
    this.#held = [];
    this.#tell({ waiting: 0, isLetGo: false });
    this.#flush();
    if (isLetGo) this.#open(this.#received);
    else if (state === 'paused') this.#tell({ state: 'live' });
  }

  /** Forgets the list of changes. */
  clearFeed(): void {
    this.feed.clear();
    this.#changed();
  }

  /** Begins anew, after it failed or ended. */
  restart(): void {
    this.#received = undefined;
    this.#tell(initial);
    this.#open(undefined);
  }

  #open(from: string | undefined): void {
    this.#letGo();
    this.#tell({ state: 'connecting', fault: undefined });
    let isCurrent = true;
    const close = this.#ports.open(from, {
      onEvent: (event) => {
        if (isCurrent) this.#take(event);
      },
      onFault: (fault) => {
        if (isCurrent) this.#failed(fault, from);
      },
      onEnd: () => {
        if (isCurrent) this.#ended();
      },
    });
    this.#close = () => {
      isCurrent = false;
      close();
    };
  }

  #letGo(): void {
    this.#close?.();
    this.#close = undefined;
  }

  #failed(fault: Fault, from: string | undefined): void {
    this.#flush();
    // The connection tells by itself when it is back.
    if (fault.code === 'DISCONNECTED') {
      this.lose();
    } else if (from !== undefined && fault.code.startsWith('PATINA_CURSOR')) {
      this.#open(undefined);
    } else {
      this.#letGo();
      this.#tell({ state: 'failed', fault });
    }
  }

  #ended(): void {
    this.#flush();
    this.#letGo();
    if (this.#status.state !== 'failed') this.#tell({ state: 'ended' });
  }

  #take(event: LiveEvent): void {
    const arrived = { event, atMs: this.#ports.nowMs() };
    if (this.#isPaused && !this.#hold(arrived)) return;
    if (!this.#isPaused) this.#queue.push(arrived);
    if ('cursor' in event) this.#received = event.cursor;
    if (this.#queue.length >= queuedMax) this.#flush();
    else this.#askFrame();
  }

  /** Keeps it until the reader goes on; whether there is room. */
  #hold(arrived: Arrived): boolean {
    const { event } = arrived;
    // A snapshot would take the place of what the reader wants to look at.
    const isSnapshot = event.kind === 'opened' && event.start !== 'resumed';
    const waiting = this.#status.waiting + (event.kind === 'changes' ? event.changes.length : 0);
    if (isSnapshot || waiting > heldMax) {
      this.#letGo();
      this.#tell({ state: 'paused', isLetGo: true });
      return false;
    }
    this.#held.push(arrived);
    this.#status = { ...this.#status, state: 'paused', waiting };
    return true;
  }

  #askFrame(): void {
    if (this.#isFrameAsked) return;
    this.#isFrameAsked = true;
    this.#ports.onFrame(() => {
      this.#isFrameAsked = false;
      if (this.#isStopped) return;
      if (this.#queue.length === 0) this.#notify();
      else this.#flush();
    });
  }

  /** Applies all that came. */
  #flush(): void {
    const queue = this.#queue;
    if (queue.length === 0) return;
    this.#queue = [];
    this.#isApplying = true;
    try {
      for (const { event, atMs } of queue) {
        this.#apply(event, atMs);
        if (this.#status.state === 'failed') break;
      }
    } catch (error) {
      if (!(error instanceof StepMismatch)) throw error;
      this.#open(undefined);
    } finally {
      this.#isApplying = false;
    }
    this.marks.sweep(this.#ports.nowMs());
    this.#changed();
  }

  #apply(event: LiveEvent, atMs: number): void {
    switch (event.kind) {
      case 'opened':
        this.#result.begin(event);
        this.#began(event, atMs);
        break;
      case 'rows':
        this.#result.fill(event.rows);
        if (this.#isWithin(this.#result.filled)) this.#tell({ filled: this.#result.filled });
        break;
      case 'snapshot-end':
        this.#result.endFill(event.change_id);
        this.marks.clear();
        this.#tell({ state: 'live', cursor: event.cursor, filled: 0 });
        break;
      case 'changes':
        this.#step(event, atMs);
        break;
      case 'lagged':
        this.#open(event.cursor);
        break;
    }
  }

  #began({ start, reason }: Extract<LiveEvent, { kind: 'opened' }>, atMs: number): void {
    if (this.#lostAtMs !== undefined && this.#status.cursor !== undefined) {
      const how = start === 'resumed' ? 'resumed' : 'anew';
      const resumption = { how, missed: 0, awayMs: atMs - this.#lostAtMs, reason } as const;
      this.#tell({ resumption });
    }
    this.#lostAtMs = undefined;
    this.#beganAtMs = atMs;
    this.#tell({ state: start === 'resumed' ? 'live' : 'filling' });
  }

  #step({ changes, origins, cursor }: Extract<LiveEvent, { kind: 'changes' }>, atMs: number): void {
    const made = this.#result.apply(changes);
    this.marks.add(made, this.#ports.nowMs());
    this.feed.add(made, origins, atMs);
    const { resumption } = this.#status;
    const isMissed = origins.some(({ hlc }) => hlcToUnixMs(hlc) < this.#beganAtMs);
    if (resumption === undefined || !isMissed) this.#tell({ cursor });
    else {
      const missed = resumption.missed + made.length;
      this.#tell({ cursor, resumption: { ...resumption, missed } });
    }
    this.#isWithin(this.#result.rows.length);
  }

  #isWithin(rows: number): boolean {
    if (rows <= rowsMax) return true;
    if (this.#status.state === 'failed') return false;
    this.#letGo();
    this.#tell({
      state: 'failed',
      fault: {
        code: 'TOO_MANY_ROWS',
        text: `The result has more than ${plural(rowsMax, 'row')}, which is what a page can follow.`,
        hint: 'Add a LIMIT or a condition.',
        isForbidden: false,
      },
    });
    return false;
  }

  #tell(changes: Partial<StreamStatus>): void {
    this.#status = { ...this.#status, ...changes };
    if (!this.#isApplying) this.#notify();
  }

  #changed(): void {
    this.#version++;
    this.#shown = this.marks.shown(this.#result.rows);
    this.#notify();
    this.#askSweep();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Marks pass although nothing comes. */
  #askSweep(): void {
    const nextMs = this.marks.nextMs();
    if (nextMs === undefined || this.#isSweepAsked || this.#isStopped) return;
    this.#isSweepAsked = true;
    this.#ports.after(Math.max(sweepMs, nextMs - this.#ports.nowMs()), () => {
      this.#isSweepAsked = false;
      if (this.#isStopped) return;
      if (this.marks.sweep(this.#ports.nowMs())) this.#changed();
      else this.#askSweep();
    });
  }
}

const initial: StreamStatus = {
  state: 'connecting',
  fault: undefined,
  waiting: 0,
  isLetGo: false,
  resumption: undefined,
  filled: 0,
  cursor: undefined,
};
