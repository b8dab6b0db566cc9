// The one connection of the console: a WebSocket to one node of the cluster, over which all questions go
// and all feeds come. When the node dies it goes on at another one; feeds resume there where they stopped,
// and questions that were not sent wait.

import { exactTransformer } from '@patina/api/exact-transformer.ts';
import type { ApiRouter } from '@patina/api/router.ts';
import { createTRPCClient, createWSClient, type TRPCClient, wsLink } from '@trpc/client';
import { candidates, type KnownNode, keepKnownNodes, readKnownNodes } from './known-nodes.ts';
import { askSession, type SessionInfo } from './session.ts';

/** A ping, and how long its answer may take until the node counts as gone, milliseconds. */
const pingMs = 3_000;
const pongMsMax = 3_000;
/** Between two rounds in which no node could be reached, milliseconds: doubled up to the second. */
const roundMsMin = 250;
const roundMsMax = 4_000;

export type Api = TRPCClient<ApiRouter>;

export interface ConnectionState {
  readonly kind: 'connecting' | 'open' | 'log-in';
  /** The node that answers, or was tried last. */
  readonly origin: string;
  /** Who the reader is there; null before the first answer. */
  readonly session: SessionInfo | null;
  /** The node before this one, where it was left because it failed; until the reader has seen it. */
  readonly failedOver: string | null;
  /** Rounds over all nodes without success. */
  readonly rounds: number;
}

export interface ConnectionOptions {
  /** The origin that served the page. */
  readonly own: string;
  readonly storage?: Storage | undefined;
  readonly ask?: typeof askSession;
  readonly WebSocket?: typeof WebSocket;
}

export class NodeConnection {
  readonly api: Api;
  readonly #options: ConnectionOptions;
  readonly #socket: ReturnType<typeof createWSClient>;
  readonly #listeners = new Set<() => void>();
  /** Origins that did not answer lately: they are tried after the others. */
  readonly #failed = new Set<string>();
  #nodes: readonly KnownNode[];
  #state: ConnectionState;
  /** Where the reader wants to be, or ended up. */
  #wish: string;
  #lastOpen: string | null = null;
  #isStopped = false;
  #wake: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#wish = options.own;
    this.#nodes = readKnownNodes(options.storage);
    this.#state = {
      kind: 'connecting',
      origin: options.own,
      session: null,
      failedOver: null,
      rounds: 0,
    };
    this.#socket = createWSClient({
      url: async () => `${(await this.#findNode()).replace(/^http/, 'ws')}/trpc`,
      ...(options.WebSocket === undefined ? {} : { WebSocket: options.WebSocket }),
      retryDelayMs: (attempt) => Math.min(attempt * roundMsMin, roundMsMax),
      keepAlive: { enabled: true, intervalMs: pingMs, pongTimeoutMs: pongMsMax },
      onOpen: () => this.#opened(),
      onClose: () => this.#closed(),
    });
    this.api = createTRPCClient<ApiRouter>({
      links: [wsLink({ client: this.#socket, transformer: exactTransformer })],
    });
  }

  // These are handed to React as they are, so they keep their `this`.
  readonly state = (): ConnectionState => this.#state;
  readonly nodes = (): readonly KnownNode[] => this.#nodes;

  /** Calls back after every change of the state or of the nodes. */
  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Goes to this node, if it can be reached. */
  readonly choose = (origin: string): void => {
    this.#wish = origin;
    this.#change({ failedOver: null });
    this.renew();
  };

  readonly dismissNotice = (): void => this.#change({ failedOver: null });

  /** Tells what the cluster says of its nodes. */
  learn(nodes: readonly KnownNode[]): void {
    if (JSON.stringify(nodes) === JSON.stringify(this.#nodes)) return;
    this.#nodes = nodes;
    keepKnownNodes(this.#options.storage, nodes);
    this.#change({});
  }

  /** Connects anew, as after the reader has logged in or out. */
  renew(): void {
    this.#failed.clear();
    if (this.#state.kind === 'open') {
      // It is left, not lost.
      this.#change({ kind: 'connecting' });
      this.#socket.connection?.ws.close();
    }
    this.#wake?.();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
    void this.#socket.close();
  }

  #change(changes: Partial<ConnectionState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }

  #opened(): void {
    const { origin } = this.#state;
    const isLost = this.#lastOpen !== null && this.#wish !== origin;
    this.#change({ kind: 'open', rounds: 0, ...(isLost ? { failedOver: this.#lastOpen } : {}) });
    // Where the page ends up is where it stays: it doesn't go back by itself.
    this.#wish = origin;
    this.#lastOpen = origin;
  }

  #closed(): void {
    if (this.#isStopped || this.#state.kind !== 'open') return;
    this.#failed.add(this.#state.origin);
    this.#change({ kind: 'connecting' });
  }

  /** The first node that answers and lets the reader in; asks for a log-in where none does. */
  async #findNode(): Promise<string> {
    let roundMs = roundMsMin;
    for (let rounds = 0; !this.#isStopped; rounds++) {
      const found = await this.#tryAll(rounds);
      if (found?.session.principal != null) {
        this.#change(found);
        return found.origin;
      }
      if (found === undefined) {
        await this.#wait(roundMs);
        roundMs = Math.min(roundMs * 2, roundMsMax);
      } else {
        this.#change({ kind: 'log-in', ...found });
        await this.#wait(undefined);
      }
    }
    throw new Error('the page was left');
  }

  /** The first node that lets the reader in, else the first that answers. */
  async #tryAll(rounds: number): Promise<Found | undefined> {
    const { own, ask = askSession } = this.#options;
    let closed: Found | undefined;
    for (const origin of candidates(this.#wish, own, this.#nodes, this.#failed)) {
      if (this.#isStopped) return undefined;
      this.#change({ kind: 'connecting', origin, rounds });
      const session = await ask(origin).catch(() => undefined);
      if (session === undefined) this.#failed.add(origin);
      else if (session.principal !== null) return { origin, session };
      else closed ??= { origin, session };
    }
    this.#failed.clear();
    return closed;
  }

  /** Until the reader has logged in or chosen a node, or the time has passed, milliseconds. */
  #wait(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

interface Found {
  readonly origin: string;
  readonly session: SessionInfo;
}
