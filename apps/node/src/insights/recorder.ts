// What a node keeps of what happened to it: events, sync sessions, log lines, durations. It exists before
// the node does, and takes from everybody; nothing here asks anything of anybody.

import type { NodeEventEntry, SyncSession } from '@patina/api/insights/shapes.ts';
import { hlcToUnixMs } from '@patina/engine/base/hlc.ts';
import type { LiveEvent } from '@patina/engine/live/hub/live-hub.ts';
import type { NodeEvent } from '@patina/engine/node.ts';
import { LatencyWindow } from './latencies.ts';
import { LogRing } from './log-ring.ts';
import { MomentLog } from './moment-log.ts';
import { type EventEntry, eventEntries, sessionAnswer } from './node-events.ts';

/** Events and sync sessions kept. */
const eventsMax = 10_000;
const sessionsMax = 1_000;

/** A query that takes longer is an event, milliseconds; and so much of its SQL is shown. */
export const slowQueryMs = 1_000;
const sqlCharsShown = 500;

/** Events of one kind within a second; more are counted as one. */
const burstMax = 50;

export interface RecorderClocks {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
}

export class Recorder {
  readonly events: MomentLog<Omit<NodeEventEntry, 'hlc' | 'at_ms' | 'actor_id'>>;
  readonly sessions: MomentLog<Omit<SyncSession, 'hlc' | 'at_ms'>>;
  readonly log: LogRing;
  /** Durations of the last 15 minutes, by what they are of. */
  readonly latencies: Readonly<Record<'transaction' | 'query' | 'http' | 'lag', LatencyWindow>>;
  readonly counts = {
    writes: 0,
    versions: 0,
    syncSessions: 0,
    syncFailed: 0,
    syncReceivedBytes: 0,
    syncSentBytes: 0,
    syncNeeds: 0,
  };
  readonly #clocks: RecorderClocks;
  readonly #burst = new Map<EventEntry['kind'], number>();
  #burstSecond = 0;

  constructor(clocks: RecorderClocks) {
    this.#clocks = clocks;
    this.events = new MomentLog(eventsMax, clocks.wallMs);
    this.sessions = new MomentLog(sessionsMax, clocks.wallMs);
    this.log = new LogRing(clocks.wallMs);
    const window = (): LatencyWindow => new LatencyWindow(clocks.monotonicMs);
    this.latencies = { transaction: window(), query: window(), http: window(), lag: window() };
  }

  /** Records an event; of a flood of one kind only the first within a second, so that others last. */
  add(entry: EventEntry): void {
    const second = Math.floor(this.#clocks.monotonicMs() / 1_000);
    if (second !== this.#burstSecond) {
      this.#burstSecond = second;
      this.#burst.clear();
    }
    const count = (this.#burst.get(entry.kind) ?? 0) + 1;
    this.#burst.set(entry.kind, count);
    if (count <= burstMax) this.events.add(entry);
  }

  onNodeEvent(event: NodeEvent): void {
    if (event.kind === 'local-version') this.counts.versions++;
    else if (event.kind === 'merged') {
      const nowMs = this.#clocks.wallMs();
      for (const { hlc } of event.outcome.applied) {
        this.latencies.lag.add(Math.max(0, nowMs - hlcToUnixMs(hlc)));
      }
    } else if (event.kind === 'sync-finished') this.#countSession(event);
    for (const entry of eventEntries(event)) this.add(entry);
  }

  onLiveEvent(event: LiveEvent): void {
    if (event.kind !== 'query-failed') return;
    const { code, message } = event.error;
    const text = `a live query failed: ${message}`;
    this.add({ kind: 'live-query-failed', text, fields: { query: event.id, code } });
  }

  /** A query ended, well or not. */
  queryEnded(sql: string, durationMs: number): void {
    this.latencies.query.add(durationMs);
    if (durationMs < slowQueryMs) return;
    const fields = { sql: sql.slice(0, sqlCharsShown), ms: Math.round(durationMs) };
    this.add({ kind: 'slow-query', text: `a query took ${fields.ms} ms`, fields });
  }

  #countSession(event: Extract<NodeEvent, { kind: 'sync-finished' }>): void {
    const { role, outcome } = event;
    this.sessions.add(sessionAnswer(event));
    this.counts.syncSessions++;
    if (outcome.result !== 'complete' && outcome.result !== 'agreed') this.counts.syncFailed++;
    if (role === 'client') this.counts.syncReceivedBytes += outcome.bytes;
    else this.counts.syncSentBytes += outcome.bytes;
    this.counts.syncNeeds += outcome.requests;
  }
}
