// The connections between nodes as links in one direction, with bytes per second from counters that only
// grow: each reading is held against the one before. A counter that fell belongs to a new connection.

export interface ConnectionFigures {
  readonly actor_id: string;
  readonly address: string;
  readonly rtt_ms: number;
  readonly bytes_sent: number;
  readonly bytes_received: number;
  readonly packets_lost: number;
}

export type ConnectionsAnswer = { readonly actor_id: string; readonly address: string } & (
  | { readonly ok: true; readonly answer: readonly ConnectionFigures[] }
  | { readonly ok: false; readonly error: { readonly error: string; readonly code: string } }
);

export interface Link {
  readonly from: string;
  readonly to: string;
  readonly rttMs: number | null;
  readonly packetsLost: number | null;
  /** Newest last; null where there was nothing to compare with. */
  readonly bytesPerS: readonly (number | null)[];
}

/** Readings of which the rates are kept. */
export const ratesMax = 150;

interface Counter {
  readonly bytes: number;
  readonly atMs: number;
}

export interface LinkMemory {
  readonly counters: ReadonlyMap<string, Counter>;
  readonly links: readonly Link[];
}

export const noLinks: LinkMemory = { counters: new Map(), links: [] };

/** Adds a reading; links that are gone are dropped. */
export function readLinks(
  memory: LinkMemory,
  answers: readonly ConnectionsAnswer[],
  atMs: number,
): LinkMemory {
  const counters = new Map<string, Counter>();
  const links = new Map<string, Link>();
  const known = new Map(memory.links.map((link) => [keyOf(link.from, link.to), link]));
  const add = (from: string, to: string, bytes: number, more: Partial<Link>) => {
    const key = keyOf(from, to);
    const before = memory.counters.get(key);
    counters.set(key, { bytes, atMs });
    const rate = rateOf(before, { bytes, atMs });
    const bytesPerS = [...(known.get(key)?.bytesPerS ?? []), rate].slice(-ratesMax);
    links.set(key, { from, to, rttMs: null, packetsLost: null, ...more, bytesPerS });
  };
  const answering = answers.filter((each) => each.ok);
  const asked = new Set(answering.map((each) => each.actor_id));
  for (const { actor_id: actorId, answer } of answering) {
    for (const peer of answer) {
      const more = { rttMs: peer.rtt_ms, packetsLost: peer.packets_lost };
      add(actorId, peer.actor_id, peer.bytes_sent, more);
      // What a silent node sends is known from who receives it.
      if (!asked.has(peer.actor_id)) add(peer.actor_id, actorId, peer.bytes_received, {});
    }
  }
  return { counters, links: [...links.values()] };
}

function rateOf(before: Counter | undefined, now: Counter): number | null {
  if (before === undefined || now.bytes < before.bytes || now.atMs <= before.atMs) return null;
  return ((now.bytes - before.bytes) * 1_000) / (now.atMs - before.atMs);
}

function keyOf(from: string, to: string): string {
  return `${from}>${to}`;
}

/** The newest rate of a link. */
export function rateNow(link: Link | undefined): number | null {
  return link?.bytesPerS.at(-1) ?? null;
}
