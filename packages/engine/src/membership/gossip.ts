// Keeps news moving and views equal: waiting updates go to a few random members at short intervals,
// and now and then a member is asked for all it knows, which repairs what gossip missed.

import { shuffled } from '../base/rng.ts';
import type { Appointment } from './agenda.ts';
import type { Core } from './core.ts';
import { isHeardOf, type MemberEntry, updateOf } from './member-table.ts';
import { isLive } from './record.ts';
import { encodeHead, encodeUpdate, type Update, updatesPerPacketMax } from './wire.ts';

/** First wait before a feed is asked of a member, milliseconds; then doubled up to feedPeriodMs. */
const feedFirstMs = 1_000;

/** Full feeds given within a second at most; who gets none asks again later. */
const fullFeedsPerSecondMax = 8;

export class Gossip {
  readonly #core: Core;
  #feedWaitMs = feedFirstMs;
  #nextPull: Appointment | undefined;
  #feedSecond = 0;
  #feedDatagrams = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  start(): void {
    this.#tick();
    this.#pull();
  }

  /** Feeds are asked for in quick succession again: we have just come into a cluster. */
  hasten(): void {
    this.#feedWaitMs = Math.min(feedFirstMs, this.#core.config.feedPeriodMs);
    this.#pull();
  }

  /**
   * Answers an announce with everybody we know, live ones first, in as many datagrams as needed.
   */
  feed(asker: MemberEntry): void {
    const { config, counters, rng, table } = this.#core;
    const updates = shuffled(rng, [...table.all()])
      .filter((entry) => entry !== asker && isHeardOf(entry.record))
      .sort((a, b) => Number(isLive(b.record.state)) - Number(isLive(a.record.state)))
      .map(updateOf);
    const packets = this.#split(updates).slice(0, config.feedDatagramsMax);
    if (!this.#mayFeed(packets.length)) {
      counters.feedsRefused++;
      return;
    }
    counters.feeds++;
    for (const packet of packets) this.#core.sendTo(asker, { kind: 'feed' }, packet);
  }

  #tick(): void {
    const { config, queue } = this.#core;
    this.#core.after(config.gossipPeriodMs, () => {
      if (queue.size > 0) {
        for (const entry of this.#core.sampleLive(config.gossipFanout)) {
          if (queue.size > 0) this.#core.sendTo(entry, { kind: 'gossip' });
        }
      }
      this.#tick();
    });
  }

  #pull(): void {
    if (this.#nextPull !== undefined) this.#nextPull.cancelled = true;
    this.#nextPull = this.#core.after(this.#core.jittered(this.#feedWaitMs), () => {
      const [entry] = this.#core.self.state === 'alive' ? this.#core.sampleLive(1) : [];
      if (entry !== undefined) {
        this.#core.sendTo(entry, { kind: 'announce' });
        this.#feedWaitMs = Math.min(this.#feedWaitMs * 2, this.#core.config.feedPeriodMs);
      }
      this.#pull();
    });
  }

  /** Shares updates out over packets; at least one packet, so that the asker gets an answer. */
  #split(updates: readonly Update[]): Update[][] {
    const headBytes = encodeHead(this.#core.self, { kind: 'feed' }).length;
    // The asker may have to be told first what we hold of itself: an update of any size.
    const bytesMax = this.#core.updateBytesMax(headBytes) - updateBytesMax;
    const packets: Update[][] = [[]];
    let bytes = 0;
    for (const update of updates) {
      const size = encodeUpdate(update).length;
      const last = packets.at(-1);
      if (last === undefined || bytes + size > bytesMax || last.length >= updatesPerPacketMax - 1) {
        packets.push([update]);
        bytes = size;
      } else {
        last.push(update);
        bytes += size;
      }
    }
    return packets;
  }

  #mayFeed(datagrams: number): boolean {
    const second = Math.floor(this.#core.now.monotonicMs / 1_000);
    if (second !== this.#feedSecond) {
      this.#feedSecond = second;
      this.#feedDatagrams = 0;
    }
    const max = this.#core.config.feedDatagramsMax * fullFeedsPerSecondMax;
    if (this.#feedDatagrams + datagrams > max) return false;
    this.#feedDatagrams += datagrams;
    return true;
  }
}

/** Longest encoded update: actor, address, session, start, incarnation, state, suspecting actor. */
const updateBytesMax = 16 + 81 + 65 + 7 + 5 + 1 + 65;
