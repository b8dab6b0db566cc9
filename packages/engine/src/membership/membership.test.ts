// One machine at a time: what it answers, what it drops and counts, and how it keeps its limits.
// The other side of each exchange is written by hand.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActorId } from '../base/actor-id.ts';
import { must } from '../base/assert.ts';
import { seededRng, shuffled } from '../base/rng.ts';
import type { Peer } from '../ports.ts';
import { lan, type MembershipConfig } from './config.ts';
import type { MembershipEffect, MembershipEvent, MembershipTimer } from './events.ts';
import { Membership } from './membership.ts';
import { compareRecords, type MemberRecord, type MemberState } from './record.ts';
import { actorId, addressOf, epochMs } from './test-network.ts';
import {
  type Body,
  decodePacket,
  encodeHead,
  encodePacket,
  encodeUpdate,
  type Packet,
  type Update,
} from './wire.ts';

function peer(number: number, session = `s${number}`): Peer {
  return { actorId: actorId(number), address: addressOf(number), sessionId: session };
}

function recordOf(number: number, change: Partial<MemberRecord> = {}): MemberRecord {
  return { ...peer(number), startedAtMs: epochMs, incarnation: 0, state: 'alive', ...change };
}

function news(record: MemberRecord, by?: number): Update {
  const suspectedBy = by === undefined ? undefined : actorId(by);
  return { kind: 'state', record, suspectedBy };
}

function packet(sender: MemberRecord, body: Body, ...updates: Update[]): Uint8Array {
  return encodePacket(encodeHead(sender, body), updates.map(encodeUpdate));
}

/** A machine and its clock; member number n is played by the test. */
class Desk {
  readonly machine: Membership;
  nowMs = 0;
  timer: { atMs: number; timer: MembershipTimer } | undefined;
  readonly sent: { to: string; packet: Packet; bytes: number }[] = [];
  readonly notified: string[] = [];

  constructor(config: MembershipConfig = lan, start = true) {
    this.machine = new Membership({ self: peer(1), config, rng: seededRng(1) });
    if (start) this.step({ kind: 'start', seeds: [], known: [] });
  }

  step(event: MembershipEvent): MembershipEffect[] {
    const now = { monotonicMs: this.nowMs, wallMs: epochMs + this.nowMs };
    const effects = this.machine.step(event, now);
    for (const effect of effects) {
      if (effect.kind === 'datagram') {
        const { to, bytes } = effect;
        this.sent.push({ to, packet: decodePacket(bytes), bytes: bytes.length });
      }
      if (effect.kind === 'timer') {
        this.timer = { atMs: this.nowMs + effect.afterMs, timer: effect.timer };
      }
      if (effect.kind === 'notify') this.notified.push(effect.notification.kind);
    }
    return effects;
  }

  hear(number: number, body: Body, ...updates: Update[]): void {
    this.hearFrom(peer(number), packet(recordOf(number), body, ...updates));
  }

  hearFrom(from: Peer, bytes: Uint8Array): void {
    this.step({ kind: 'datagram', from, bytes });
  }

  /** Lets time pass, waking the machine as it asked. */
  pass(forMs: number): void {
    const endMs = this.nowMs + forMs;
    while (this.timer !== undefined && this.timer.atMs <= endMs) {
      this.nowMs = this.timer.atMs;
      this.step({ kind: 'timer', timer: this.timer.timer });
    }
    this.nowMs = endMs;
  }

  /** What was sent to a member since the last call. */
  takeSent(number: number): Packet[] {
    const taken = this.sent.filter((one) => one.to === addressOf(number));
    this.sent.length = 0;
    return taken.map((one) => one.packet);
  }

  stateOf(number: number): MemberState | undefined {
    return this.machine.member(actorId(number))?.state;
  }
}

describe('what it is told at the start', () => {
  it.each([
    ['no address', { ...peer(1), address: 'nowhere' }],
    ['no session', { ...peer(1), sessionId: '' }],
  ])('%s is refused', (_, self) => {
    expect(() => new Membership({ self, config: lan, rng: seededRng(1) })).toThrow(
      expect.objectContaining({ code: 'PATINA_CONFIG_INVALID' }),
    );
  });

  it('before it, nothing is heard and leaving is done at once', () => {
    const desk = new Desk(lan, false);
    desk.hear(2, { kind: 'announce' });
    expect(desk.sent).toEqual([]);
    desk.step({ kind: 'rejoin' });
    desk.step({ kind: 'announce', addresses: [addressOf(2)] });
    expect(desk.sent).toEqual([]);
    desk.step({ kind: 'leave' });
    expect(desk.notified).toEqual(['left']);
  });

  it('its session begins at the wall clock of the start', () => {
    expect(new Desk().machine.self()).toMatchObject({ startedAtMs: epochMs, incarnation: 0 });
  });

  it('time that goes backwards is a bug of the driver', () => {
    const desk = new Desk();
    desk.nowMs = -1;
    expect(() => desk.step({ kind: 'rejoin' })).toThrow('never goes backwards');
  });
});

describe('answers', () => {
  it('a ping with an ack that carries its clock', () => {
    const desk = new Desk();
    desk.nowMs = 777;
    desk.hear(2, { kind: 'ping', seq: 5 });
    const acks = desk.takeSent(2).filter((one) => one.body.kind === 'ack');
    expect(acks.map((one) => one.body)).toEqual([{ kind: 'ack', seq: 5, wallMs: epochMs + 777 }]);
  });

  it('an announce with all it knows, and the asker becomes a member', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)), news(recordOf(4)));
    desk.sent.length = 0;
    desk.hear(5, { kind: 'announce' });
    const feeds = desk.takeSent(5).filter((one) => one.body.kind === 'feed');
    const ids = feeds.flatMap((one) => one.updates.map((update) => update.record.actorId));
    expect(ids.toSorted()).toEqual([2, 3, 4].map(actorId));
    expect(desk.stateOf(5)).toBe('alive');
  });

  it('an announce with a feed even when it knows nobody else', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'announce' });
    expect(desk.takeSent(2).map((one) => one.body.kind)).toEqual(['feed']);
  });

  it('a ping-request by pinging, then with the relayed ack', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
    desk.sent.length = 0;
    const target = { targetId: actorId(3), targetAddress: addressOf(3) };
    desk.hear(2, { kind: 'ping-request', seq: 9, ...target });
    const [ping] = desk.takeSent(3);
    const seq = ping?.body.kind === 'ping' ? ping.body.seq : -1;
    desk.hear(3, { kind: 'ack', seq, wallMs: epochMs });
    const bodies = desk.takeSent(2).map((one) => one.body);
    expect(bodies).toEqual([{ kind: 'relayed-ack', seq: 9, targetId: actorId(3) }]);
    desk.pass(2_000);
    expect(desk.takeSent(2).some((one) => one.body.kind === 'nack')).toBe(false);
  });

  it('a ping-request with a nack when the target is silent', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
    const target = { targetId: actorId(3), targetAddress: addressOf(3) };
    desk.hear(2, { kind: 'ping-request', seq: 9, ...target });
    desk.sent.length = 0;
    desk.pass(lan.probeTimeoutMs + 1);
    expect(desk.takeSent(2).map((one) => one.body)).toContainEqual({ kind: 'nack', seq: 9 });
  });

  it.each([
    ['an unknown target', actorId(9), addressOf(9)],
    ['another address than the member has', actorId(3), addressOf(9)],
  ])('a ping-request for %s with a nack, and pings nobody', (_, targetId, targetAddress) => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
    desk.sent.length = 0;
    desk.hear(2, { kind: 'ping-request', seq: 9, targetId, targetAddress });
    expect(desk.sent.map((one) => one.to)).toEqual([addressOf(2)]);
    expect(desk.takeSent(2)[0]?.body).toEqual({ kind: 'nack', seq: 9 });
    expect(desk.machine.counters().relaysRefused).toBe(1);
  });

  it('no more ping-requests at a time than relaysMax', () => {
    const desk = new Desk({ ...lan, relaysMax: 2 });
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
    const target = { targetId: actorId(3), targetAddress: addressOf(3) };
    for (let seq = 0; seq < 5; seq++) desk.hear(2, { kind: 'ping-request', seq, ...target });
    expect(desk.machine.counters()).toMatchObject({ relays: 2, relaysRefused: 3 });
    desk.pass(lan.probePeriodMs + 1);
    desk.hear(2, { kind: 'ping-request', seq: 9, ...target });
    expect(desk.machine.counters()).toMatchObject({ relays: 3, relaysRefused: 3 });
  });
});

describe('a suspect is told that it is one', () => {
  it('with every datagram that it gets', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3, { state: 'suspect' }), 2));
    desk.sent.length = 0;
    desk.hear(3, { kind: 'ping', seq: 1 });
    const told = desk.takeSent(3);
    expect(told.length).toBeGreaterThan(0);
    for (const one of told) {
      expect(one.updates[0]).toEqual(news(recordOf(3, { state: 'suspect' }), 2));
    }
  });

  it('by being probed at once, so that its answer clears it', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
    desk.sent.length = 0;
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3, { state: 'suspect' }), 2));
    expect(desk.takeSent(3).map((one) => one.body.kind)).toContain('ping');
    desk.hearFrom(peer(3), packet(recordOf(3, { incarnation: 1 }), { kind: 'gossip' }));
    expect(desk.stateOf(3)).toBe('alive');
    expect(desk.notified).toEqual(['member-up', 'member-up', 'member-suspect', 'member-up']);
  });

  it('and one that is down with the first word to it', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3, { state: 'suspect' }), 2));
    desk.pass(20_000);
    expect(desk.stateOf(3)).toBe('down');
    desk.sent.length = 0;
    desk.hear(3, { kind: 'gossip' });
    expect(desk.takeSent(3)[0]?.updates[0]).toEqual(news(recordOf(3, { state: 'down' })));
  });
});

describe('what others believe wrongly', () => {
  it('of a member that is down here: it is asked to refute, now and then', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3, { state: 'suspect' }), 2));
    desk.pass(20_000);
    expect(desk.stateOf(3)).toBe('down');
    desk.sent.length = 0;
    desk.hear(2, { kind: 'feed' }, news(recordOf(3)));
    desk.hear(2, { kind: 'feed' }, news(recordOf(3)));
    const asked = desk.takeSent(3);
    expect(asked.map((one) => one.body.kind)).toEqual(['announce']);
    expect(asked[0]?.updates[0]).toEqual(news(recordOf(3, { state: 'down' })));
    expect(desk.stateOf(3)).toBe('down');
    desk.pass(5_000);
    desk.sent.length = 0;
    desk.hear(2, { kind: 'feed' }, news(recordOf(3)));
    expect(desk.takeSent(3)).toHaveLength(1);
  });

  it('of a member that left: they are told again', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)), news(recordOf(3, { state: 'left' })));
    desk.pass(10_000);
    desk.hear(2, { kind: 'ping', seq: 1 });
    desk.sent.length = 0;
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3, { state: 'suspect' }), 2));
    desk.pass(500);
    const told = desk.takeSent(2).flatMap((one) => one.updates);
    expect(told).toContainEqual(news(recordOf(3, { state: 'left' })));
  });

  it('of who is at an address: the later session is, and the other is told', () => {
    const desk = new Desk();
    const later = { address: addressOf(3), sessionId: 'later', startedAtMs: epochMs + 5 };
    desk.hear(2, { kind: 'gossip' }, news(recordOf(4, later)));
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
    expect([desk.stateOf(3), desk.stateOf(4)]).toEqual([undefined, 'alive']);
    desk.sent.length = 0;
    desk.hear(3, { kind: 'gossip' });
    expect(desk.stateOf(4)).toBe('alive');
    const told = desk.takeSent(3).flatMap((one) => one.updates);
    expect(told).toContainEqual(news(recordOf(4, later)));
    const renewed = recordOf(3, { startedAtMs: epochMs + 6 });
    desk.hearFrom(peer(3), packet(renewed, { kind: 'gossip' }));
    expect([desk.stateOf(3), desk.stateOf(4)]).toEqual(['alive', 'down']);
  });
});

it('who suspects on hearsay asks the suspect itself, once there was time to refute', () => {
  const desk = new Desk({ ...lan, probesPerPeriod: 1, probePeriodMs: 1_000 });
  for (let number = 10; number < 400; number++) {
    desk.hear(2, { kind: 'gossip' }, news(recordOf(number)));
  }
  desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
  desk.sent.length = 0;
  desk.hear(2, { kind: 'gossip' }, news(recordOf(3, { state: 'suspect' }), 2));
  const leastMs = 1_000 * lan.suspicionPeriods * Math.log10(392);
  const pings = () => desk.takeSent(3).filter((one) => one.body.kind === 'ping').length;
  desk.pass(leastMs * 0.45);
  expect(pings()).toBeLessThanOrEqual(1);
  desk.pass(leastMs * 0.5);
  expect(pings()).toBeGreaterThanOrEqual(4);
});

describe('local health', () => {
  /** Lets all members but `silent` ones answer for a while; returns the worst score seen. */
  function worstHealth(silent: readonly number[], nacks: boolean): number {
    const desk = new Desk();
    const members = [2, 3, 4, 5, 6];
    for (const number of members) desk.hear(number, { kind: 'gossip' });
    let worst = 0;
    for (let times = 0; times < 300; times++) {
      for (const { to, packet: one } of desk.sent.splice(0)) {
        const number = members.find((candidate) => addressOf(candidate) === to) ?? 0;
        const { body } = one;
        if (silent.includes(number)) continue;
        if (body.kind === 'ping') desk.hear(number, { kind: 'ack', seq: body.seq, wallMs: 1 });
        if (body.kind === 'ping-request' && nacks) {
          desk.hear(number, { kind: 'nack', seq: body.seq });
        }
      }
      desk.pass(20);
      worst = Math.max(worst, desk.machine.healthScore());
    }
    return worst;
  }

  it('is good while helpers say that they, too, got no answer', () => {
    expect(worstHealth([6], true)).toBe(0);
  });

  it('is in doubt when helpers say nothing', () => {
    expect(worstHealth([6], false)).toBeGreaterThan(0);
  });

  it('is bad when nobody answers', () => {
    expect(worstHealth([2, 3, 4, 5, 6], false)).toBeGreaterThan(3);
  });
});

describe('it refutes', () => {
  it.each(['suspect', 'down'] as const)('being %s, with the next incarnation', (state) => {
    const desk = new Desk();
    desk.hear(2, { kind: 'ping', seq: 1 });
    desk.sent.length = 0;
    const said = recordOf(1, { state, incarnation: 4 });
    desk.hear(2, { kind: 'gossip' }, news(said, state === 'suspect' ? 2 : undefined));
    expect(desk.machine.self()).toMatchObject({ incarnation: 5, state: 'alive' });
    expect(desk.takeSent(2)[0]?.sender).toMatchObject({ incarnation: 5, state: 'alive' });
    expect(desk.machine.counters().refutations).toBe(1);
    expect(desk.notified.includes('rejoined')).toBe(state === 'down');
    expect(desk.machine.healthScore()).toBe(1);
  });

  it('old news only once', () => {
    const desk = new Desk();
    for (let times = 0; times < 5; times++) {
      desk.hear(2, { kind: 'gossip' }, news(recordOf(1, { state: 'down' })));
    }
    expect(desk.machine.self().incarnation).toBe(1);
    expect(desk.notified.filter((kind) => kind === 'rejoined')).toHaveLength(1);
  });

  it('at the end of all incarnations with a later session', () => {
    const desk = new Desk();
    const said = recordOf(1, { state: 'down', incarnation: 2 ** 32 });
    desk.hear(2, { kind: 'gossip' }, news(said));
    const self = desk.machine.self();
    expect(self).toMatchObject({ incarnation: 0, startedAtMs: epochMs + 1, state: 'alive' });
    expect(compareRecords(self, said)).toBeGreaterThan(0);
  });
});

describe('it drops and counts', () => {
  it('what is malformed', () => {
    const desk = new Desk();
    for (const bytes of [new Uint8Array(), Uint8Array.of(9), new Uint8Array(9_000)]) {
      desk.hearFrom(peer(2), bytes);
    }
    expect(desk.machine.counters()).toMatchObject({ malformed: 3, datagramsReceived: 3 });
    expect(desk.machine.members()).toEqual([]);
  });

  const forgeries: [string, Uint8Array][] = [
    ['another actor', packet(recordOf(3), { kind: 'gossip' })],
    ['another address', packet(recordOf(2, { address: addressOf(9) }), { kind: 'gossip' })],
    ['another session', packet(recordOf(2, { sessionId: 'x' }), { kind: 'gossip' })],
    [
      'itself, in an update, at another address',
      packet(recordOf(2), { kind: 'gossip' }, news(recordOf(2, { address: addressOf(9) }))),
    ],
    [
      'itself, in an update, in another session',
      packet(recordOf(2), { kind: 'gossip' }, news(recordOf(2, { sessionId: 'x' }))),
    ],
  ];
  it.each(forgeries)('a sender that claims to be %s', (_, bytes) => {
    const desk = new Desk();
    desk.hearFrom(peer(2), bytes);
    expect(desk.machine.counters()).toMatchObject({ forged: 1, malformed: 0 });
    expect(desk.machine.members()).toEqual([]);
  });

  it('an ack that answers no ping of ours, or comes from somebody else', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
    desk.sent.length = 0;
    desk.pass(600);
    const pings = desk.sent.flatMap(({ to, packet: { body } }) =>
      body.kind === 'ping' ? [{ to, seq: body.seq }] : [],
    );
    const { to, seq } = must(pings[0], 'it probes somebody');
    const impostor = to === addressOf(2) ? 3 : 2;
    desk.hear(impostor, { kind: 'ack', seq, wallMs: epochMs });
    desk.hear(impostor, { kind: 'relayed-ack', seq, targetId: actorId(impostor === 2 ? 3 : 2) });
    desk.hear(impostor, { kind: 'ack', seq: seq + 1_000, wallMs: epochMs });
    desk.pass(1_000);
    expect(desk.machine.counters().probeFailures).toBeGreaterThan(0);
  });

  it('a timer that is no longer waited for', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'ping', seq: 1 });
    const first = must(desk.timer, 'a timer').timer;
    desk.pass(1_000);
    desk.step({ kind: 'timer', timer: first });
    desk.step({ kind: 'timer', timer: { token: 123_456 } });
    expect(desk.machine.counters().staleTimers).toBe(2);
  });

  it('its own echo', () => {
    const desk = new Desk();
    desk.hearFrom(peer(1), packet(recordOf(1, { incarnation: 7 }), { kind: 'announce' }));
    expect(desk.sent).toEqual([]);
    expect(desk.machine.self().incarnation).toBe(0);
  });

  it('strangers that are gone already', () => {
    const desk = new Desk();
    const gone = [news(recordOf(3, { state: 'down' })), news(recordOf(4, { state: 'left' }))];
    desk.hear(2, { kind: 'gossip' }, ...gone);
    expect(desk.machine.members().map((member) => member.actorId)).toEqual([actorId(2)]);
  });
});

describe('it is not condemned by a single word', () => {
  it('a member that is held for alive is suspected first', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3, { state: 'down' })));
    expect(desk.stateOf(3)).toBe('suspect');
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3, { state: 'down' })));
    expect(desk.stateOf(3)).toBe('suspect');
  });

  it('but at once when it has been suspect for long enough', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3, { state: 'suspect' }), 2));
    desk.pass(lan.probePeriodMs * lan.suspicionPeriods * 0.6);
    expect(desk.stateOf(3)).toBe('suspect');
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3, { state: 'down' })));
    expect(desk.stateOf(3)).toBe('down');
  });

  it('and never by a feed', () => {
    const desk = new Desk();
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3)));
    desk.hear(2, { kind: 'gossip' }, news(recordOf(3, { state: 'suspect' }), 2));
    desk.pass(lan.probePeriodMs * lan.suspicionPeriods * 0.6);
    desk.hear(2, { kind: 'feed' }, news(recordOf(3, { state: 'down' })));
    expect(desk.stateOf(3)).toBe('suspect');
  });
});

describe('limits', () => {
  it('no datagram is above packetBytesMax, however much there is to tell', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 768, max: 2_000 }),
        fc.array(fc.integer({ min: 3, max: 500 }), { maxLength: 100 }),
        (packetBytesMax, numbers) => {
          const desk = new Desk({ ...lan, packetBytesMax });
          const session = 'x'.repeat(64);
          for (const number of numbers) {
            const record = recordOf(number, { sessionId: session, incarnation: 2 ** 31 });
            desk.hear(2, { kind: 'gossip' }, news({ ...record, state: 'suspect' }, 2));
          }
          desk.hear(2, { kind: 'announce' });
          desk.pass(2_000);
          expect(desk.sent.length).toBeGreaterThan(0);
          for (const one of desk.sent) expect(one.bytes).toBeLessThanOrEqual(packetBytesMax);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('a feed that has not room for all tells of the live ones', () => {
    const desk = new Desk({ ...lan, feedDatagramsMax: 1 });
    for (let number = 10; number < 40; number++) {
      const left = recordOf(number, { state: number % 3 === 0 ? 'alive' : 'left' });
      desk.hear(2, { kind: 'gossip' }, news(recordOf(number)), news(left));
    }
    desk.sent.length = 0;
    desk.hear(2, { kind: 'announce' });
    const told = desk.takeSent(2).flatMap((one) => one.updates.map(({ record }) => record.state));
    expect(told.length).toBeGreaterThan(10);
    expect(told.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'alive'));
  });

  it('feeds within a second, for peers that ask without end', () => {
    const desk = new Desk({ ...lan, feedDatagramsMax: 2 });
    for (let times = 0; times < 100; times++) desk.hear(2, { kind: 'announce' });
    expect(desk.machine.counters()).toMatchObject({ feeds: 16, feedsRefused: 84 });
    desk.pass(1_000);
    desk.hear(2, { kind: 'announce' });
    expect(desk.machine.counters().feeds).toBe(17);
  });

  it('news beyond updatesMax is dropped and counted', () => {
    const desk = new Desk({ ...lan, updatesMax: 16 });
    for (let number = 10; number < 60; number++) {
      desk.hear(2, { kind: 'gossip' }, news(recordOf(number)));
    }
    expect(desk.machine.counters().updatesDropped).toBeGreaterThan(30);
    expect(desk.machine.members()).toHaveLength(51);
  });
});

it('noise never makes it throw, and is counted', () => {
  const mutation = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
  const kinds = fc.constantFrom<Body>(
    { kind: 'announce' },
    { kind: 'gossip' },
    { kind: 'ping', seq: 3 },
    { kind: 'ack', seq: 3, wallMs: epochMs },
    { kind: 'nack', seq: 3 },
    { kind: 'relayed-ack', seq: 3, targetId: actorId(3) },
    { kind: 'ping-request', seq: 3, targetId: actorId(3), targetAddress: addressOf(3) },
  );
  const states = fc.constantFrom<MemberState>('alive', 'suspect', 'down', 'left');
  const message = fc.tuple(kinds, states, fc.integer({ min: 1, max: 4 }), fc.array(mutation));
  let malformed = 0;
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 30 }), (messages) => {
      const desk = new Desk();
      for (const [body, state, number, mutations] of messages) {
        const update = news(recordOf(number, { state }), state === 'suspect' ? 2 : undefined);
        const about = number === 2 ? [] : [update];
        const bytes = packet(recordOf(2), body, ...about);
        for (const [at, value] of mutations.slice(0, 4)) bytes[at % bytes.length] = value;
        desk.hearFrom(peer(2), bytes);
        desk.pass(50);
      }
      desk.pass(5_000);
      malformed += desk.machine.counters().malformed;
      expect(desk.machine.self().actorId).toBe(actorId(1));
    }),
    { numRuns: 300 },
  );
  expect(malformed).toBeGreaterThan(100);
});

it('members that heard the same of others agree, in whatever order they heard it', () => {
  const claim = fc.record({
    number: fc.integer({ min: 10, max: 14 }),
    startedAtMs: fc.integer({ min: 0, max: 2 }),
    incarnation: fc.integer({ min: 0, max: 3 }),
    state: fc.constantFrom<MemberState>('alive', 'left'),
  });
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 40 }), fc.integer(), (claims, seed) => {
      const updates = claims.map(({ number, startedAtMs, incarnation, state }) =>
        news(
          recordOf(number, {
            sessionId: `t${startedAtMs}`,
            startedAtMs: epochMs + startedAtMs,
            incarnation,
            state,
          }),
        ),
      );
      // All are known at first: strangers that are gone already are not taken in.
      const known = [10, 11, 12, 13, 14].map((n) =>
        news(recordOf(n, { sessionId: 't', startedAtMs: epochMs - 1 })),
      );
      const viewOf = (order: readonly Update[]) => {
        const desk = new Desk();
        desk.hear(2, { kind: 'gossip' }, ...known);
        for (const update of order) desk.hear(2, { kind: 'gossip' }, update);
        return desk.machine
          .members()
          .map(({ actorId: id, sessionId, incarnation, state }) => ({
            id,
            sessionId,
            incarnation,
            state,
          }))
          .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      };
      expect(viewOf(shuffled(seededRng(seed), updates))).toEqual(viewOf(updates));
    }),
    { numRuns: 300 },
  );
});

it('members() shows what is known of each, in plain data', () => {
  const desk = new Desk();
  desk.hear(2, { kind: 'ping', seq: 1 });
  expect(desk.machine.members()).toEqual([
    {
      actorId: actorId(2) satisfies ActorId,
      address: addressOf(2),
      sessionId: 's2',
      incarnation: 0,
      state: 'alive',
      ring: undefined,
      rttMs: undefined,
      rttMinMs: undefined,
      lastSeenMs: epochMs,
    },
  ]);
  desk.step({ kind: 'rtt', address: addressOf(2), rttMs: 12 });
  expect(desk.machine.member(actorId(2))).toMatchObject({ ring: 1, rttMs: 12, rttMinMs: 12 });
  expect(desk.machine.stored()).toEqual([
    { actorId: actorId(2), address: addressOf(2), incarnation: 0, rttMs: 12 },
  ]);
});
