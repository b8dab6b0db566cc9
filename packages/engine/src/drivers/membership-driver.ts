// Carries the membership machine: its datagrams over the transport, its timers, its notifications to the
// node; and feeds it the round trips that the transport measures.

import type { ActorId } from '../base/actor-id.ts';
import type { Member, MembershipEvent, MembershipNotification } from '../membership/events.ts';
import type { Membership } from '../membership/membership.ts';
import type {
  Cancel,
  Clock,
  Peer,
  PeerAddress,
  StoredMember,
  Timers,
  Transport,
} from '../ports.ts';

/** How often round trips of connections are fed to the rings. */
const rttPeriodMs = 1_000;

export interface MembershipDriverOptions {
  readonly machine: Membership;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Resolves the configured bootstrap entries into addresses. */
  readonly resolveSeeds: () => Promise<readonly PeerAddress[]>;
  readonly notify: (notification: MembershipNotification) => void;
}

export class MembershipDriver {
  readonly #options: MembershipDriverOptions;
  #cancelTimer: Cancel = () => {};
  #cancelRtt: Cancel = () => {};
  #isStopped = false;
  #onLeft: () => void = () => {};

  constructor(options: MembershipDriverOptions) {
    this.#options = options;
  }

  get machine(): Membership {
    return this.#options.machine;
  }

  start(seeds: readonly PeerAddress[], known: readonly StoredMember[]): void {
    this.#feed({ kind: 'start', seeds, known });
    this.#feedRtts();
  }

  datagram(from: Peer, bytes: Uint8Array): void {
    this.#feed({ kind: 'datagram', from, bytes });
  }

  rejoin(): void {
    this.#feed({ kind: 'rejoin' });
  }

  rename(actorId: ActorId): void {
    this.#feed({ kind: 'rename', actorId });
  }

  /** Says goodbye to the others; resolves when that was sent often enough. */
  leave(): Promise<void> {
    return new Promise((resolve) => {
      this.#onLeft = resolve;
      this.#feed({ kind: 'leave' });
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
    this.#cancelRtt();
  }

  /** Members that take part: alive or only suspected. */
  living(): Member[] {
    return this.machine.members().filter(({ state }) => state === 'alive' || state === 'suspect');
  }

  #feed(event: MembershipEvent): void {
    if (this.#isStopped) return;
    const { machine, clock, transport, timers } = this.#options;
    const now = { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
    for (const effect of machine.step(event, now)) {
      switch (effect.kind) {
        case 'datagram':
          transport.sendDatagram(effect.to, effect.bytes);
          break;
        case 'timer': {
          const { timer } = effect;
          this.#cancelTimer();
          this.#cancelTimer = timers.after(effect.afterMs, () =>
            this.#feed({ kind: 'timer', timer }),
          );
          break;
        }
        case 'resolve-seeds':
          void this.#resolve();
          break;
        case 'notify':
          if (effect.notification.kind === 'left') this.#onLeft();
          this.#options.notify(effect.notification);
          break;
      }
    }
  }

  async #resolve(): Promise<void> {
    const addresses = await this.#options.resolveSeeds();
    this.#feed({ kind: 'announce', addresses });
  }

  #feedRtts(): void {
    const { transport, timers } = this.#options;
    for (const { peer, rttMs } of transport.connections()) {
      this.#feed({ kind: 'rtt', address: peer.address, rttMs });
    }
    this.#cancelRtt = timers.after(rttPeriodMs, () => this.#feedRtts());
  }
}
