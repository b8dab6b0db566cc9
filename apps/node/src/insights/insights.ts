// What a node records about itself, and the answers that it gives to itself and to others: the parts put
// together around a running node.

import type { TableVet } from '@patina/api/access/table-vet.ts';
import { stringifyExactJson } from '@patina/api/exact-json.ts';
import { questions } from '@patina/api/insights/questions.ts';
import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { type Rng, sample } from '@patina/engine/base/rng.ts';
import { AskClient } from '@patina/engine/drivers/ask-client.ts';
import { AskServer } from '@patina/engine/drivers/ask-server.ts';
import type { LiveQueries } from '@patina/engine/live/live-queries.ts';
import type { NodeEvent, PatinaNode } from '@patina/engine/node.ts';
import type { Clock, MessageStream, Timers } from '@patina/engine/ports.ts';
import type { ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import type { NodeStorage } from '@patina/engine/storage/threaded-storage.ts';
import type { QuicTransport } from '@patina/engine/transport/transport-options.ts';
import type { Logger } from 'pino';
import type { AccessExchange } from '../access/exchange.ts';
import { queryOf } from '../agent/service.ts';
import type { Config } from '../config/options.ts';
import { createHandlers } from './answers.ts';
import { type Asking, createAsking } from './asking.ts';
import { Canary, type CanaryPeer, canaryPeersMax } from './canary.ts';
import { ConflictWatch } from './conflict-watch.ts';
import { GapWatch } from './gap-watch.ts';
import { watchHttp } from './http-figures.ts';
import { LagHistory, lagCells } from './lag-history.ts';
import { timedQuery } from './observed-service.ts';
import { watchProcess } from './process-figures.ts';
import { Recorder } from './recorder.ts';
import { Sampler } from './sampler.ts';
import { SeriesStore } from './series-store.ts';

/** Between two samples of the series, milliseconds. */
const samplePeriodMs = 1_000;

/** Conflicts are looked for once in so many samples. */
const conflictPeriod = 10;

export interface InsightOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly softwareVersion: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly rng: Rng;
}

/** The running parts of a node that are looked at. */
export interface InsightParts {
  readonly node: PatinaNode;
  readonly storage: NodeStorage;
  readonly readers: ReaderPool;
  readonly live: LiveQueries;
  readonly transport: QuicTransport;
  readonly vet: TableVet;
  readonly exchange: Pick<AccessExchange, 'answer'>;
}

export class NodeInsights {
  readonly recorder: Recorder;
  readonly #options: InsightOptions;
  readonly #server: AskServer;
  readonly #startedAtMs: number;
  #asking: Asking | undefined;
  #canary: Canary | undefined;
  #stop: () => void = () => {};

  constructor(options: InsightOptions) {
    this.#options = options;
    const { clock, timers } = options;
    this.#startedAtMs = clock.wallMs();
    this.recorder = new Recorder(clock);
    this.#server = new AskServer({
      timers,
      answer: ({ name, body, signal, timeLimitMs }) =>
        this.asking.answer(name, body, { signal, timeLimitMs }),
    });
  }

  /** Answers a question of another node. */
  onQuestion(stream: MessageStream, first: Uint8Array): void {
    this.#server.serve(stream, first);
  }

  onNodeEvent(event: NodeEvent): void {
    this.recorder.onNodeEvent(event);
    if (event.kind === 'local-version') this.#canary?.wrote(event.version.version);
  }

  /** Asks this node and others; throws PATINA_NOT_READY before {@link start}. */
  get asking(): Asking {
    if (this.#asking !== undefined) return this.#asking;
    throw new PatinaError('PATINA_NOT_READY', 'the node is starting', { hint: 'Try again soon.' });
  }

  /** Begins to look at a node that runs. */
  start(parts: InsightParts): void {
    const { config, clock, timers, softwareVersion } = this.#options;
    const { node, transport } = parts;
    const { recorder } = this;
    const client = new AskClient({ transport, timers });
    const canary = this.#startCanary(parts, client);
    const series = new SeriesStore();
    const lagHistory = new LagHistory();
    const http = watchHttp((ms) => recorder.latencies.http.add(ms));
    const process = watchProcess(config.db.path);
    const sampler = new Sampler({ ...parts, recorder, canary, http, process });
    const query = timedQuery(queryOf(parts.readers), recorder);
    const kept = { recorder, canary, series, lagHistory };
    const answerParts = { ...parts, ...kept, config, softwareVersion, query };
    this.#asking = createAsking({
      self: () => ({ actorId: node.actorId, address: node.address }),
      members: () => node.members(),
      client,
      handlers: createHandlers({
        ...answerParts,
        startedAtMs: this.#startedAtMs,
        wallMs: clock.wallMs,
      }),
    });
    recorder.add({
      kind: 'started',
      text: 'the node started',
      fields: { version: softwareVersion },
    });
    const stopSampling = this.#sampleAgainAndAgain(parts, (nowMs) => {
      series.record(nowMs, sampler.sample(clock.monotonicMs()));
      lagHistory.record(nowMs, () => lagCells(node));
    });
    this.#stop = () => {
      stopSampling();
      canary.stop();
      client.stop();
      http.stop();
      process.stop();
    };
  }

  stop(): void {
    this.#server.stop();
    this.#stop();
    this.#stop = () => {};
  }

  #startCanary({ node, storage }: InsightParts, client: AskClient): Canary {
    const { config, clock, timers, rng } = this.#options;
    const canary = new Canary({
      periodMs: config.telemetry.convergence.periodMs,
      timers,
      wallMs: clock.wallMs,
      monotonicMs: clock.monotonicMs,
      peers: () => sample(rng, livingPeers(node), canaryPeersMax),
      ownVersion: () => node.book.head(node.actorId),
      // Any request goes through the same queue, in order.
      passWriter: async () => void (await storage.firstQuarantined(node.actorId)),
      async askVisible(peer, version, kind, timeoutMs) {
        const { name } = questions.visible;
        const body = stringifyExactJson({ actor_id: node.actorId, version, kind });
        await client.ask(peer.address, name, body, { timeoutMs, answerBytesMax: 1_024 });
      },
    });
    this.#canary = canary;
    return canary;
  }

  #sampleAgainAndAgain(parts: InsightParts, sample: (nowMs: number) => void): () => void {
    const { clock, timers, logger } = this.#options;
    const gaps = new GapWatch();
    const conflicts = new ConflictWatch(parts.readers);
    let calls = 0;
    let cancel = (): void => {};
    const lookForConflicts = async (): Promise<void> => {
      try {
        const found = await conflicts.look(parts.node.applied.merged);
        for (const entry of found) this.recorder.add(entry);
      } catch (error) {
        logger.debug({ err: error }, 'conflicts could not be looked for');
      }
    };
    const tick = (): void => {
      // In the middle of a second, so that jitter never puts two samples into one and none into the next.
      const delayMs = samplePeriodMs - ((clock.wallMs() + samplePeriodMs / 2) % samplePeriodMs);
      cancel = timers.after(Math.max(1, delayMs), tick);
      const nowMs = clock.wallMs();
      sample(nowMs);
      for (const { kind, actorId, versions, openMs } of gaps.look(parts.node.book, nowMs)) {
        const what = kind === 'gap-opened' ? 'are missing' : 'had been missing and arrived';
        const text = `${versions} versions of ${actorId} ${what}`;
        this.recorder.add({ kind, text, fields: { origin: actorId, versions, open_ms: openMs } });
      }
      if (calls++ % conflictPeriod === 0) void lookForConflicts();
    };
    tick();
    return () => cancel();
  }
}

function livingPeers(node: PatinaNode): CanaryPeer[] {
  const living = node.members().filter(({ state }) => state === 'alive' || state === 'suspect');
  return living.map(({ actorId, address }: { actorId: ActorId; address: string }) => ({
    actorId,
    address,
  }));
}
