// Finds the others: announces us to the seeds until somebody is known, and rarely ever after; and
// announces us to members held for down, so that the two sides of a healed partition meet again.

import { sample, shuffled } from '../base/rng.ts';
import type { PeerAddress } from '../ports.ts';
import type { Appointment } from './agenda.ts';
import { bootstrapAddressesMax, storedFallbackMax } from './bootstrap.ts';
import type { Core } from './core.ts';
import type { MemberEntry } from './member-table.ts';

export class Announcer {
  readonly #core: Core;
  #seeds: readonly PeerAddress[] = [];
  #waitMs: number;
  #next: Appointment | undefined;
  /** When each seed was last announced to, monotonic milliseconds. */
  #announcedMs = new Map<PeerAddress, number>();
  #wasLonely = true;

  constructor(core: Core) {
    this.#core = core;
    this.#waitMs = core.config.announceMinMs;
  }

  start(seeds: readonly PeerAddress[]): void {
    this.#announceToDown();
    this.announce(seeds);
  }

  /** Announces to these seeds now, unless that was just done, and to them from now on. */
  announce(seeds: readonly PeerAddress[]): void {
    const others = seeds.filter((address) => address !== this.#core.self.address);
    this.#seeds = sample(this.#core.rng, [...new Set(others)], bootstrapAddressesMax);
    const kept = [...this.#announcedMs].filter(([address]) => this.#seeds.includes(address));
    this.#announcedMs = new Map(kept);
    this.#announceToSeeds();
  }

  /** Announces now and begins the backoff anew. */
  hasten(): void {
    this.#announcedMs.clear();
    this.#waitMs = this.#core.config.announceMinMs;
    this.#announceToSeeds();
    this.#schedule();
  }

  /** To be told after every step whether we know anybody: being alone again is urgent. */
  observe(): void {
    const lonely = this.#core.table.liveCount === 0;
    if (lonely === this.#wasLonely) return;
    this.#wasLonely = lonely;
    if (lonely) {
      this.#waitMs = this.#core.config.announceMinMs;
      this.#schedule();
    }
  }

  #schedule(): void {
    const { config, table } = this.#core;
    if (this.#next !== undefined) this.#next.cancelled = true;
    this.#next = this.#core.after(this.#core.jittered(this.#waitMs), () => {
      const maxMs = table.liveCount === 0 ? config.announceMaxMs : config.announceIdleMs;
      this.#waitMs = Math.min(this.#waitMs * 2, maxMs);
      this.#announceToSeeds();
      if (this.#seeds.length > 0) this.#announceToKnown();
      this.#core.effect({ kind: 'resolve-seeds' });
      this.#schedule();
    });
  }

  #announceToSeeds(): void {
    if (this.#next === undefined) this.#schedule();
    if (this.#core.self.state !== 'alive') return;
    for (const address of this.#seeds) this.#announceTo(address);
    if (this.#seeds.length === 0) this.#announceToKnown();
  }

  /**
   * While we are alone, members of before may help: at once without seeds, or else from the second
   * round.
   */
  #announceToKnown(): void {
    const { rng, self, table } = this.#core;
    if (table.liveCount > 0 || self.state !== 'alive') return;
    for (const entry of sample(rng, this.#gone(), storedFallbackMax)) {
      this.#core.sendTo(entry, { kind: 'announce' });
    }
  }

  /** Seeds that are members already have nothing to tell that gossip would not. */
  #announceTo(seed: PeerAddress): void {
    const { nowMs, config, table } = this.#core;
    const lastMs = this.#announcedMs.get(seed);
    if (table.liveAt(seed) !== undefined) return;
    if (lastMs !== undefined && nowMs - lastMs < config.announceMinMs / 2) return;
    this.#announcedMs.set(seed, nowMs);
    this.#core.sendToAddress(seed, { kind: 'announce' });
  }

  #announceToDown(): void {
    const { config } = this.#core;
    this.#core.after(this.#core.jittered(config.downAnnouncePeriodMs), () => {
      if (this.#core.self.state === 'alive') {
        for (const entry of this.#gone().slice(0, config.downAnnounceFanout)) {
          this.#core.sendTo(entry, { kind: 'announce' });
        }
      }
      this.#announceToDown();
    });
  }

  /** Members that may be back: at random, but those that were lost before those that left. */
  #gone(): MemberEntry[] {
    const { rng, table } = this.#core;
    const gone = [...table.all()].filter(
      ({ record }) => table.liveAt(record.address) === undefined,
    );
    return shuffled(rng, gone).sort(
      (a, b) => Number(a.record.state === 'left') - Number(b.record.state === 'left'),
    );
  }
}
