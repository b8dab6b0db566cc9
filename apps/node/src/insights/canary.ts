// Measures how long a write takes from its commit here until every other node can read it, by this
// node's clock alone: each period it follows one version and asks every member to answer once that is
// visible there. It writes nothing itself: in a period without a write it follows the way that one would have
// taken. See docs/decisions/0012-convergence-is-measured-by-asking.md.

import type { Convergence, ConvergenceRound } from '@patina/api/insights/shapes.ts';
import { sketchQuantile } from '@patina/api/insights/sketch.ts';
import type { ActorId } from '@patina/engine/base/actor-id.ts';
import type { Cancel, PeerAddress, Timers } from '@patina/engine/ports.ts';
import { LatencyWindow } from './latencies.ts';
import { MomentLog } from './moment-log.ts';

/** Members asked in one round; of larger clusters a random choice. */
export const canaryPeersMax = 64;

/** How long members have to answer, milliseconds. */
export const canaryWaitMs = 20_000;

/** Rounds kept, samples kept of each peer, and peers remembered. */
const roundsMax = 360;
const peerSamplesMax = 90;
const peersMax = 10_000;

export interface CanaryPeer {
  readonly actorId: ActorId;
  readonly address: PeerAddress;
}

export interface CanaryOptions {
  /** Between two rounds, milliseconds; 0 turns it off. */
  readonly periodMs: number;
  readonly timers: Timers;
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
  /** The members to ask now, in random order. */
  readonly peers: () => readonly CanaryPeer[];
  /** The highest version made here. */
  readonly ownVersion: () => number;
  /** Goes through the queue of the writer, as a write does. */
  readonly passWriter: () => Promise<void>;
  /** Resolves when the peer says that the version is visible there. */
  readonly askVisible: (
    peer: CanaryPeer,
    version: number,
    kind: ConvergenceRound['kind'],
    timeoutMs: number,
  ) => Promise<void>;
}

interface PeerRecord {
  readonly address: PeerAddress;
  readonly samplesMs: number[];
  reached: number;
  missed: number;
}

export class Canary {
  readonly #options: CanaryOptions;
  readonly #all: LatencyWindow;
  readonly #rounds: MomentLog<Omit<ConvergenceRound, 'hlc' | 'at_ms'>>;
  readonly #peers = new Map<ActorId, PeerRecord>();
  #count = 0;
  #cancel: Cancel = () => {};
  /** The next version made here is followed. */
  #isWaitingForWrite = false;
  #isStopped = false;

  constructor(options: CanaryOptions) {
    this.#options = options;
    this.#all = new LatencyWindow(options.monotonicMs);
    this.#rounds = new MomentLog(roundsMax, options.wallMs);
    if (options.periodMs > 0) this.#plan(options.periodMs);
  }

  /** A version was made here; called for every one. */
  wrote(version: number): void {
    if (!this.#isWaitingForWrite) return;
    this.#isWaitingForWrite = false;
    this.#cancel();
    const sinceMs = this.#options.monotonicMs();
    void this.#round('write', version, sinceMs);
  }

  answer(): Convergence {
    const sketch = this.#all.data();
    return {
      period_ms: this.#options.periodMs,
      rounds: this.#count,
      p50_ms: sketchQuantile(sketch, 0.5),
      p99_ms: sketchQuantile(sketch, 0.99),
      sketch,
      peers: [...this.#peers].map(([actorId, peer]) => peerAnswer(actorId, peer)),
      recent: this.#rounds.read({ limit: roundsMax }),
    };
  }

  /** A percentile of the last 15 minutes, over rounds; undefined without any. */
  quantile(share: number): number | undefined {
    return sketchQuantile(this.#all.data(), share) ?? undefined;
  }

  stop(): void {
    this.#isStopped = true;
    this.#isWaitingForWrite = false;
    this.#cancel();
  }

  /** Waits for a write for half a period; the other half is there for the answers. */
  #plan(delayMs: number): void {
    if (this.#isStopped) return;
    const { timers, periodMs } = this.#options;
    this.#cancel = timers.after(delayMs / 2, () => {
      this.#isWaitingForWrite = true;
      this.#cancel = timers.after(periodMs / 2, () => {
        this.#isWaitingForWrite = false;
        void this.#followPath();
      });
    });
  }

  async #followPath(): Promise<void> {
    const sinceMs = this.#options.monotonicMs();
    try {
      await this.#options.passWriter();
    } catch {
      // The writer refuses because the node stops, or because too much waits: no round then.
      this.#plan(this.#options.periodMs);
      return;
    }
    await this.#round('path', this.#options.ownVersion(), sinceMs);
  }

  async #round(kind: ConvergenceRound['kind'], version: number, sinceMs: number): Promise<void> {
    const peers = this.#options.peers().slice(0, canaryPeersMax);
    const reached = await Promise.all(
      peers.map((peer) => this.#follow(peer, version, kind, sinceMs)),
    );
    if (this.#isStopped) return;
    if (peers.length > 0) {
      this.#count++;
      const times = reached.flatMap((ms) => (ms === undefined ? [] : [ms]));
      const ms = times.length === peers.length ? Math.max(...times) : null;
      if (ms !== null) this.#all.add(ms);
      this.#rounds.add({ kind, version, ms, asked: peers.length, reached: times.length });
    }
    this.#plan(this.#options.periodMs);
  }

  async #follow(
    peer: CanaryPeer,
    version: number,
    kind: ConvergenceRound['kind'],
    sinceMs: number,
  ): Promise<number | undefined> {
    const record = this.#recordOf(peer);
    try {
      await this.#options.askVisible(peer, version, kind, canaryWaitMs);
    } catch {
      // Why is of no interest here: membership and lag tell it better.
      record.missed++;
      return undefined;
    }
    const ms = this.#options.monotonicMs() - sinceMs;
    record.reached++;
    record.samplesMs.push(ms);
    if (record.samplesMs.length > peerSamplesMax) record.samplesMs.shift();
    return ms;
  }

  #recordOf({ actorId, address }: CanaryPeer): PeerRecord {
    const known = this.#peers.get(actorId);
    if (known !== undefined && known.address === address) return known;
    const record: PeerRecord = { address, samplesMs: [], reached: 0, missed: 0 };
    this.#peers.set(actorId, record);
    if (this.#peers.size > peersMax) {
      const [oldest] = this.#peers.keys();
      if (oldest !== undefined) this.#peers.delete(oldest);
    }
    return record;
  }
}

function peerAnswer(actorId: ActorId, peer: PeerRecord): Convergence['peers'][number] {
  const { address, samplesMs, reached, missed } = peer;
  const sorted = samplesMs.toSorted((a, b) => a - b);
  const at = (share: number): number | null =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return {
    actor_id: actorId,
    address,
    last_ms: samplesMs.at(-1) ?? null,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    reached,
    missed,
  };
}
