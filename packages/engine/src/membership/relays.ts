// Pings made on behalf of others who can't reach a member themselves.

import type { Peer } from '../ports.ts';
import type { Appointment } from './agenda.ts';
import type { Core } from './core.ts';
import type { MemberEntry } from './member-table.ts';
import type { Body } from './wire.ts';

interface Relay {
  readonly asker: MemberEntry;
  readonly target: MemberEntry;
  /** The asker's number for its probe. */
  readonly askerSeq: number;
  readonly appointments: Appointment[];
}

export class Relays {
  readonly #core: Core;
  readonly #relays = new Map<number, Relay>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Pings the target; says so after a while if it does not answer. */
  onRequest(asker: MemberEntry, request: Extract<Body, { kind: 'ping-request' }>): void {
    const { table, config, counters } = this.#core;
    const target = table.get(request.targetId);
    // Only members are pinged, at their own address: nobody can use us to knock elsewhere.
    const known = target?.record.address === request.targetAddress ? target : undefined;
    if (known === undefined || this.#relays.size >= config.relaysMax) {
      counters.relaysRefused++;
      this.#core.sendTo(asker, { kind: 'nack', seq: request.seq });
      return;
    }
    counters.relays++;
    const seq = this.#core.nextSeq();
    const relay: Relay = { asker, target: known, askerSeq: request.seq, appointments: [] };
    this.#relays.set(seq, relay);
    relay.appointments.push(
      this.#core.after(config.probeTimeoutMs, () => {
        this.#core.sendTo(asker, { kind: 'nack', seq: request.seq });
      }),
      this.#core.after(config.probePeriodMs, () => this.#relays.delete(seq)),
    );
    this.#core.sendTo(known, { kind: 'ping', seq });
  }

  /** An answer that may be for somebody else. */
  onAck(from: Peer, seq: number): void {
    const relay = this.#relays.get(seq);
    if (relay === undefined || relay.target.record.actorId !== from.actorId) return;
    this.#relays.delete(seq);
    for (const appointment of relay.appointments) appointment.cancelled = true;
    const { askerSeq, asker } = relay;
    this.#core.sendTo(asker, { kind: 'relayed-ack', seq: askerSeq, targetId: from.actorId });
  }
}
