// Tokens and users shared by the nodes of a cluster: what changes at one node is told to all others at once, and
// each node compares what it knows with another one every few seconds, so that what did not get through, or was
// made during a partition, arrives all the same. Records join (records.ts): the order does not matter.

import { createHash } from 'node:crypto';
import type { Insights } from '@patina/api/insights/insights.ts';
import { questions } from '@patina/api/insights/questions.ts';
import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { AccessControl } from './access-control.ts';
import { type CredentialRecord, recordsSchema, textOf } from './records.ts';

/** Between two comparisons with another node, milliseconds. */
const comparePeriodMs = 5_000;

const answerMsMax = 3_000;

/** Characters of records told at once; a greater difference is told in several comparisons. */
const toldCharsMax = 800_000;

export interface Told {
  /** Of everything that the teller knows. */
  readonly digest: string;
  /** JSON of records. */
  readonly records: string;
}

export interface ExchangeOptions {
  readonly control: AccessControl;
  /** Whether this node shares; one that does not neither tells nor listens. */
  readonly isShared: boolean;
}

export interface ExchangePeers {
  readonly asking: Pick<Insights, 'ask'>;
  /** The other nodes that can be asked. */
  readonly others: () => readonly ActorId[];
  readonly random: () => number;
  /** Told of nodes that could not be reached, or do not share. */
  readonly onFault: (node: ActorId, error: unknown) => void;
}

export class AccessExchange {
  readonly #control: AccessControl;
  readonly #isShared: boolean;
  #peers: ExchangePeers | undefined;
  #isMerging = false;
  #timer: NodeJS.Timeout | undefined;
  #release: () => void = () => undefined;
  /** Where the next comparison begins to tell, so that all is told in the end. */
  #place = 0;

  constructor({ control, isShared }: ExchangeOptions) {
    this.#control = control;
    this.#isShared = isShared;
  }

  /** Begins to tell and to compare. */
  start(peers: ExchangePeers): void {
    if (!this.#isShared) return;
    this.#peers = peers;
    this.#release = this.#control.onChange((records) => {
      if (!this.#isMerging) this.#tellAll(records);
    });
    this.#timer = setInterval(() => this.#compare(), comparePeriodMs).unref();
    this.#compare();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#release();
    this.#peers = undefined;
  }

  /** Takes in what another node tells, and answers what it may not know. Throws PATINA_NOT_FOUND, PATINA_BODY_INVALID. */
  answer(told: Told): Told {
    if (!this.#isShared) {
      throw new PatinaError('PATINA_NOT_FOUND', 'this node does not share its tokens and users', {
        hint: 'Set access.replicated = true on all nodes.',
      });
    }
    this.#merge(told.records);
    const digest = this.digest();
    return { digest, records: digest === told.digest ? '[]' : this.#some() };
  }

  /** Equal on nodes that know the same. */
  digest(): string {
    const texts = this.#control.book.records().map(textOf);
    return createHash('sha256').update(texts.join('\n')).digest('hex');
  }

  #tellAll(records: readonly CredentialRecord[]): void {
    for (const node of this.#peers?.others() ?? []) void this.#tell(node, JSON.stringify(records));
  }

  #compare(): void {
    const { others, random } = this.#peers ?? {};
    const nodes = others?.() ?? [];
    const node = nodes[Math.floor((random?.() ?? 0) * nodes.length)];
    if (node !== undefined) void this.#tell(node, '[]');
  }

  /** Tells, takes in the answer, and where the other lacks something tells it what is here. */
  async #tell(node: ActorId, records: string): Promise<void> {
    const { asking, onFault } = this.#peers ?? {};
    if (asking === undefined) return;
    const ask = (told: Told): Promise<Told> =>
      asking.ask(node, questions.access, told, { timeoutMs: answerMsMax });
    try {
      const answer = await ask({ digest: this.digest(), records });
      this.#merge(answer.records);
      if (answer.digest === this.digest()) return;
      const more = await ask({ digest: this.digest(), records: this.#some() });
      this.#merge(more.records);
    } catch (error) {
      onFault?.(node, error);
    }
  }

  /** All records; where there are too many for one message, another part each time. */
  #some(): string {
    const texts = this.#control.book.records().map(textOf);
    const parts: string[] = [];
    let chars = 0;
    for (let count = 0; count < texts.length; count++) {
      const text = texts[(this.#place + count) % texts.length] ?? '';
      chars += text.length + 1;
      if (chars > toldCharsMax) break;
      parts.push(text);
    }
    this.#place = (this.#place + parts.length) % Math.max(1, texts.length);
    return `[${parts.join(',')}]`;
  }

  #merge(text: string): void {
    const parsed = recordsSchema.safeParse(parseJson(text));
    if (!parsed.success) {
      throw new PatinaError('PATINA_BODY_INVALID', 'another node told of tokens in another form', {
        hint: 'Bring all nodes to the same version.',
      });
    }
    this.#isMerging = true;
    try {
      this.#control.book.merge(parsed.data);
    } finally {
      this.#isMerging = false;
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
