// Which pages may use this node with the session of whoever looks at them: its own, those of the other members, so
// that a console goes on at another node when its own has died, and those that the configuration names. The
// addresses of members are asked for before anybody needs them, for a member that has died tells nothing any more,
// and are remembered for a while.

import type { IncomingMessage } from 'node:http';
import type { Insights } from '@patina/api/insights/insights.ts';
import { questions } from '@patina/api/insights/questions.ts';
import type { PatinaService } from '@patina/api/service.ts';
import { type ActorId, parseActorId } from '@patina/engine/base/actor-id.ts';
import { parseHttpOrigin } from '../config/http-origin.ts';

/** Members whose address is kept; the one that was heard of longest ago is forgotten first. */
const membersMax = 256;

/** A member that is down is trusted for so long: then its address may be that of somebody else, milliseconds. */
const rememberedMsMax = 3_600_000;

/** How often members are looked for that were not heard of lately, and what is lately, milliseconds. */
const lookMs = 5_000;
const latelyMs = 60_000;

/** Where somebody waits, what was heard so short a time ago is believed without asking, milliseconds. */
const freshMs = 2_000;

/** A member gets so long to answer, and a page waits so long for all of them, milliseconds. */
const answerMsMax = 1_000;
const pageWaitMs = 300;

export interface ConsoleOriginsOptions {
  readonly insights: Pick<Insights, 'askAll'>;
  readonly members: PatinaService['members'];
  /** Origins that are trusted always. */
  readonly allowed: readonly string[];
  readonly monotonicMs?: () => number;
}

interface Heard {
  readonly origin: string | null;
  readonly atMs: number;
}

export class ConsoleOrigins {
  readonly #options: ConsoleOriginsOptions;
  readonly #monotonicMs: () => number;
  readonly #allowed: ReadonlySet<string>;
  /** By actor id, in the order in which they were last heard of. */
  readonly #members = new Map<string, Heard>();
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #isLooking = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ConsoleOriginsOptions) {
    this.#options = options;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#allowed = new Set(options.allowed);
  }

  /** Begins to look for new members. */
  start(): void {
    this.#timer = setInterval(() => void this.look(), lookMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Origins beside the own one that are known now. */
  known(): readonly string[] {
    const oldestMs = this.#monotonicMs() - rememberedMsMax;
    const origins = new Set(this.#allowed);
    for (const { origin, atMs } of this.#members.values()) {
      if (origin !== null && atMs > oldestMs) origins.add(origin);
    }
    return [...origins];
  }

  isKnown(origin: string): boolean {
    return this.#allowed.has(origin) || this.known().includes(origin);
  }

  /** Whether a page of this origin is trusted; asks the members where it is not known. */
  async isTrusted(origin: string): Promise<boolean> {
    if (this.isKnown(origin)) return true;
    await this.refresh();
    return this.isKnown(origin);
  }

  /** The same origins for a page that is about to be served: it does not wait for slow members. */
  async forPage(): Promise<readonly string[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, pageWaitMs);
    });
    await Promise.race([this.refresh(), late]);
    clearTimeout(timer);
    return this.known();
  }

  /** Asks all members, unless that was done just now. Never rejects. */
  async refresh(): Promise<void> {
    if (this.#monotonicMs() - this.#askedAtMs < freshMs) return;
    this.#asking ??= this.#ask(undefined).finally(() => {
      this.#asking = undefined;
      this.#askedAtMs = this.#monotonicMs();
    });
    await this.#asking;
  }

  /** Asks the members that are there and were not heard of lately. Never rejects. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const sinceMs = this.#monotonicMs() - latelyMs;
      // A node that is starting knows of none.
      const members = await this.#options.members().catch(() => []);
      const silent = members
        .filter(({ state, is_self }) => !is_self && (state === 'alive' || state === 'suspect'))
        .map(({ actor_id }) => actor_id)
        .filter((id) => (this.#members.get(id)?.atMs ?? Number.NEGATIVE_INFINITY) < sinceMs)
        .map(parseActorId)
        .filter((id) => id !== undefined);
      if (silent.length > 0) await this.#ask(silent);
    } finally {
      this.#isLooking = false;
    }
  }

  async #ask(nodes: readonly ActorId[] | undefined): Promise<void> {
    const limits = { timeoutMs: answerMsMax, ...(nodes === undefined ? {} : { nodes }) };
    // Members that do not answer come as such.
    const answers = await this.#options.insights
      .askAll(questions.about, () => ({}), limits)
      .catch(() => []);
    const atMs = this.#monotonicMs();
    for (const each of answers) {
      if (!each.ok) continue;
      this.#members.delete(each.actor_id);
      // What goes into a policy of pages is an origin, whatever a member says.
      const origin = parseHttpOrigin(each.answer.api_url ?? '') ?? null;
      this.#members.set(each.actor_id, { origin, atMs });
    }
    for (const oldest of this.#members.keys()) {
      if (this.#members.size <= membersMax) break;
      this.#members.delete(oldest);
    }
  }
}

/** Whether the page is of this node itself. The scheme may differ: a proxy may have added TLS. */
export function isOwnOrigin(origin: string, { headers }: IncomingMessage): boolean {
  return URL.canParse(origin) && new URL(origin).host === headers.host?.toLowerCase();
}
