// Takes datagrams apart: checks that they are what they claim to be, hears what they say of their
// sender and of others, and has them answered.

import { unreachable } from '../base/assert.ts';
import { PatinaError } from '../base/errors.ts';
import type { Peer } from '../ports.ts';
import type { Core } from './core.ts';
import type { Gossip } from './gossip.ts';
import type { Identity } from './identity.ts';
import { type MemberEntry, updateOf } from './member-table.ts';
import type { Prober } from './prober.ts';
import { compareRecords, compareSessions, isLive, type MemberRecord } from './record.ts';
import type { Relays } from './relays.ts';
import type { Roster } from './roster.ts';
import { decodePacket, type Packet, type Update } from './wire.ts';

/** The parts that a datagram can concern. */
export interface InboxParts {
  readonly roster: Roster;
  readonly prober: Prober;
  readonly relays: Relays;
  readonly identity: Identity;
  readonly gossip: Gossip;
}

export class Inbox {
  readonly #core: Core;
  readonly #parts: InboxParts;

  constructor(core: Core, parts: InboxParts) {
    this.#core = core;
    this.#parts = parts;
  }

  /** Hears one datagram; what is malformed or untrue is dropped and counted. */
  receive(from: Peer, bytes: Uint8Array): void {
    const { counters, self } = this.#core;
    counters.datagramsReceived++;
    if (from.sessionId === self.sessionId) return;
    const packet = this.#decode(bytes);
    if (packet === undefined) return;
    if (!isHonest(from, packet)) {
      counters.forged++;
      return;
    }
    if (from.actorId === self.actorId) {
      const { sender } = packet;
      const update: Update = { kind: 'state', record: sender, suspectedBy: undefined };
      this.#parts.identity.hear(update, sender.state === 'alive');
      return;
    }
    const { table } = this.#core;
    const lonely = table.liveCount === 0;
    // Updates first: a sender with a new name says in one of them that its former self has left.
    for (const update of packet.updates) this.#hear(this.#softened(update, from, packet));
    const sender = this.#hearSender(from, packet.sender);
    if (lonely && table.liveCount > 0) this.#parts.gossip.hasten();
    if (sender !== undefined) this.#answer(from, sender, packet);
  }

  #decode(bytes: Uint8Array): Packet | undefined {
    try {
      return decodePacket(bytes);
    } catch (error) {
      if (!(error instanceof PatinaError) || error.code !== 'PATINA_WIRE_MALFORMED') throw error;
      this.#core.counters.malformed++;
      return undefined;
    }
  }

  /** Takes what the sender says of itself; tells it where others have said worse. */
  #hearSender(from: Peer, claim: MemberRecord): MemberEntry | undefined {
    const { table, now } = this.#core;
    this.#parts.roster.merge(claim);
    const entry = table.get(from.actorId);
    const holder = table.liveAt(from.address);
    if (holder !== undefined && compareSessions(holder.record, claim) > 0) {
      this.#core.sendToAddress(from.address, { kind: 'gossip' }, [updateOf(holder)]);
    } else if (entry !== undefined && compareRecords(entry.record, claim) > 0) {
      this.#core.sendToAddress(from.address, { kind: 'gossip' }, [updateOf(entry)]);
    }
    if (entry?.record.sessionId === from.sessionId) entry.lastSeenMs = now.wallMs;
    return entry;
  }

  #hear(update: Update): void {
    const { record } = update;
    if (record.actorId === this.#core.self.actorId) {
      this.#parts.identity.hear(update, false);
      return;
    }
    if (update.kind === 'contest') this.#parts.identity.relay(update);
    this.#parts.roster.merge(record, update.kind === 'state' ? update.suspectedBy : undefined);
  }

  /**
   * That somebody is down may be old news, from the time of a partition, or the word of a single
   * node that was cut off itself. Whom we hold for alive is not condemned without having been
   * suspected here for a while, which leaves it time to refute. A feed is all old news: nobody is
   * condemned by a feed.
   */
  #softened(update: Update, from: Peer, packet: Packet): Update {
    const { record } = update;
    const held = this.#core.table.get(record.actorId);
    if (update.kind === 'contest' || record.state !== 'down' || held === undefined) return update;
    if (compareSessions(held.record, record) !== 0 || !isLive(held.record.state)) return update;
    const isMature = held.suspicion?.suspicion.isMature(this.#core.activeMs) === true;
    if (isMature && packet.body.kind !== 'feed') return update;
    return { kind: 'state', record: { ...record, state: 'suspect' }, suspectedBy: from.actorId };
  }

  #answer(from: Peer, sender: MemberEntry, packet: Packet): void {
    const { body } = packet;
    const { prober, relays, gossip } = this.#parts;
    switch (body.kind) {
      case 'announce':
        gossip.feed(sender);
        break;
      case 'ping': {
        const { wallMs } = this.#core.now;
        this.#core.sendTo(sender, { kind: 'ack', seq: body.seq, wallMs });
        break;
      }
      case 'ack':
        prober.onAck(from, body.seq, body.wallMs);
        relays.onAck(from, body.seq);
        break;
      case 'ping-request':
        relays.onRequest(sender, body);
        break;
      case 'relayed-ack':
        prober.onRelayedAck(from, body.seq, body.targetId);
        break;
      case 'nack':
        prober.onNack(from, body.seq);
        break;
      case 'feed':
      case 'gossip':
        break;
      default:
        unreachable(body);
    }
  }
}

/** Whether all that a packet says about its sender agrees with whom the transport authenticated. */
function isHonest(from: Peer, packet: Packet): boolean {
  const isOwn = (record: MemberRecord) =>
    record.address === from.address && record.sessionId === from.sessionId;
  if (packet.sender.actorId !== from.actorId || !isOwn(packet.sender)) return false;
  return packet.updates.every(({ record }) => record.actorId !== from.actorId || isOwn(record));
}
