// Bookkeeping states on the wire: split into messages of bounded size, put together again under a
// limit, and a short digest by which two nodes see that there is nothing to exchange.

import type { ActorId } from '../base/actor-id.ts';
import type { ByteReader } from '../base/bytes.ts';
import { ByteWriter, malformed } from '../base/bytes.ts';
import type { Interval } from '../base/interval-set.ts';
import { IntervalSet } from '../base/interval-set.ts';
import type { ActorState, PartialState } from '../ports.ts';
import { decodeIntervals, encodeIntervals } from './interval-codec.ts';

/** Bytes of a digest. */
export const stateDigestBytes = 8;

/** Intervals of one entry; an actor with more is sent as several entries. */
const entryIntervalsMax = 4096;

/** What one peer's whole state may hold in memory: about 100 MB, more than any sound cluster has. */
const stateActorsMax = 65_536;
const stateIntervalsMax = 2_000_000;

const actorEntryBytesMin = 16 + 1 + 1 + 1;
const partialBytesMin = 1 + 1 + 1;

/** Appends one entry of a state: a whole {@link ActorState}, or a part of one. */
export function encodeActorState(writer: ByteWriter, state: ActorState): void {
  writer.actorId(state.actorId);
  writer.varint(state.head);
  encodeIntervals(writer, state.gaps);
  writer.varint(state.partials.length);
  for (const { version, lastSeq, seqs } of state.partials) {
    writer.varint(version);
    writer.varint(lastSeq);
    encodeIntervals(writer, seqs);
  }
}

export function decodeActorState(reader: ByteReader): ActorState {
  const actorId = reader.actorId();
  const head = reader.varint();
  const gaps = decodeIntervals(reader, head - 1);
  if (gaps[0]?.[0] === 0) throw malformed('a gap starts at version 0');
  const countMax = Math.floor(reader.remaining / partialBytesMin);
  const count = reader.varintMax(countMax, 'partial count');
  const partials: PartialState[] = [];
  for (let index = 0; index < count; index++) {
    const version = reader.varintMax(head, 'partial version');
    const lastSeq = reader.varint();
    if (version <= (partials.at(-1)?.version ?? 0)) throw malformed('partials out of order');
    partials.push({ version, lastSeq, seqs: decodeIntervals(reader, lastSeq) });
  }
  return { actorId, head, gaps, partials };
}

export function decodeActorStates(reader: ByteReader): ActorState[] {
  const countMax = Math.floor(reader.remaining / actorEntryBytesMin);
  const count = reader.varintMax(countMax, 'state count');
  return Array.from({ length: count }, () => decodeActorState(reader));
}

/**
 * Groups of entries that take at most about `bytesMax` each (one entry of at most 4,096 intervals may
 * exceed it); at least one group, so that an empty state can be sent too.
 */
export function splitStates(states: readonly ActorState[], bytesMax: number): ActorState[][] {
  const groups: ActorState[][] = [[]];
  const writer = new ByteWriter();
  let groupBytes = 0;
  for (const entry of states.flatMap(splitState)) {
    writer.reset();
    encodeActorState(writer, entry);
    if (groupBytes > 0 && groupBytes + writer.length > bytesMax) {
      groups.push([]);
      groupBytes = 0;
    }
    groups.at(-1)?.push(entry);
    groupBytes += writer.length;
  }
  return groups;
}

/** An actor's state as entries of bounded size; most have one. */
function splitState(state: ActorState): ActorState[] {
  const { actorId, head } = state;
  const entries: { gaps: Interval[]; partials: PartialState[] }[] = [{ gaps: [], partials: [] }];
  let intervals = 0;
  const room = (): { gaps: Interval[]; partials: PartialState[] } => {
    let entry = entries.at(-1);
    if (entry === undefined || intervals >= entryIntervalsMax) {
      entry = { gaps: [], partials: [] };
      entries.push(entry);
      intervals = 0;
    }
    return entry;
  };
  for (const gap of state.gaps) {
    room().gaps.push(gap);
    intervals++;
  }
  for (const { version, lastSeq, seqs } of state.partials) {
    for (let from = 0; from < Math.max(1, seqs.length); from += entryIntervalsMax) {
      const part = seqs.slice(from, from + entryIntervalsMax);
      room().partials.push({ version, lastSeq, seqs: part });
      intervals += part.length + 1;
    }
  }
  return entries.map((entry) => ({ actorId, head, ...entry }));
}

/** Puts the entries of several messages together again. */
export class StateAssembler {
  readonly #entriesByActor = new Map<ActorId, ActorState[]>();
  #intervals = 0;

  /** Throws PATINA_WIRE_MALFORMED when the whole grows over its limits. */
  add(entries: readonly ActorState[]): void {
    for (const entry of entries) {
      const known = this.#entriesByActor.get(entry.actorId);
      if (known === undefined) this.#entriesByActor.set(entry.actorId, [entry]);
      else known.push(entry);
      this.#intervals += entry.gaps.length;
      for (const { seqs } of entry.partials) this.#intervals += 1 + seqs.length;
    }
    if (this.#entriesByActor.size > stateActorsMax) throw malformed('a state of too many actors');
    if (this.#intervals > stateIntervalsMax) throw malformed('a state of too many intervals');
  }

  /** The whole state. Throws PATINA_WIRE_MALFORMED when the entries contradict each other. */
  finish(): ActorState[] {
    return [...this.#entriesByActor.values()].map(mergeEntries);
  }
}

function mergeEntries(entries: readonly ActorState[]): ActorState {
  const [first] = entries;
  if (first === undefined) throw malformed('an actor without entries');
  if (entries.length === 1) return first;
  const { actorId, head } = first;
  if (entries.some((entry) => entry.head !== head)) throw malformed('an actor with two heads');
  const gaps = IntervalSet.from(entries.flatMap((entry) => entry.gaps)).toArray();
  const partialByVersion = new Map<number, PartialState>();
  for (const partial of entries.flatMap((entry) => entry.partials)) {
    const seqs = [...(partialByVersion.get(partial.version)?.seqs ?? []), ...partial.seqs];
    partialByVersion.set(partial.version, {
      version: partial.version,
      lastSeq: partial.lastSeq,
      seqs: IntervalSet.from(seqs).toArray(),
    });
  }
  const partials = [...partialByVersion.values()].toSorted((a, b) => a.version - b.version);
  return { actorId, head, gaps, partials };
}

/**
 * A short digest of a whole state, in hex. Equal states have equal digests; different ones differ but for one
 * chance in 2^64, in which case the next change brings them apart. Not meant against an adversary.
 */
export function stateDigest(states: readonly ActorState[]): string {
  const writer = new ByteWriter();
  let low = 0x811c_9dc5;
  let high = 0x9747_b28c;
  for (const state of states) {
    writer.reset();
    encodeActorState(writer, state);
    for (const byte of writer.finish()) {
      low = Math.imul(low ^ byte, 0x0100_0193);
      high = Math.imul(high ^ byte ^ (low >>> 24), 0x85eb_ca6b);
    }
  }
  const mixed = Math.imul(low ^ (high >>> 15), 0xc2b2_ae35) ^ high;
  return [mixed, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
