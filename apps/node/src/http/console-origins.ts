// Which pages may use this node with the session of whoever looks at them: its own, those of the other members, so
// that a console goes on at another node when its own has died, and those that the configuration names. The
// addresses of the members are asked for while pages are served and used, and are remembered when a member dies.

import type { IncomingMessage } from 'node:http';
import type { Insights } from '@patina/api/insights/insights.ts';
import { questions } from '@patina/api/insights/questions.ts';

/** Addresses of members that are kept; the one that was heard of longest ago is forgotten first. */
const originsMax = 256;

/** What was heard is believed without asking anew for this time, milliseconds. */
const freshMs = 2_000;

/** A member gets so long to answer, and a page waits so long for all of them, milliseconds. */
const answerMsMax = 1_000;
const pageWaitMs = 300;

export interface ConsoleOriginsOptions {
  readonly insights: Pick<Insights, 'askAll'>;
  /** Origins that are trusted always. */
  readonly allowed: readonly string[];
  readonly monotonicMs?: () => number;
}

export class ConsoleOrigins {
  readonly #options: ConsoleOriginsOptions;
  readonly #allowed: ReadonlySet<string>;
  /** In the order in which they were last heard of. */
  readonly #members = new Set<string>();
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(options: ConsoleOriginsOptions) {
    this.#options = options;
    this.#allowed = new Set(options.allowed);
  }

  /** Origins beside the own one that are known now. */
  known(): readonly string[] {
    return [...new Set([...this.#allowed, ...this.#members])];
  }

  isKnown(origin: string): boolean {
    return this.#allowed.has(origin) || this.#members.has(origin);
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
    const { monotonicMs = () => performance.now() } = this.#options;
    if (monotonicMs() - this.#askedAtMs < freshMs) return;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
      this.#askedAtMs = monotonicMs();
    });
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const limits = { timeoutMs: answerMsMax };
    // Members that do not answer come as such; a node that is starting knows of none.
    const answers = await this.#options.insights
      .askAll(questions.about, () => ({}), limits)
      .catch(() => []);
    for (const each of answers) {
      if (!each.ok || each.answer.api_url === null) continue;
      this.#members.delete(each.answer.api_url);
      this.#members.add(each.answer.api_url);
    }
    for (const oldest of this.#members) {
      if (this.#members.size <= originsMax) break;
      this.#members.delete(oldest);
    }
  }
}

/** Whether the page is of this node itself. The scheme may differ: a proxy may have added TLS. */
export function isOwnOrigin(origin: string, { headers }: IncomingMessage): boolean {
  return URL.canParse(origin) && new URL(origin).host === headers.host?.toLowerCase();
}
