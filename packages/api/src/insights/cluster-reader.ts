// Reads the cluster for all who watch it at this node: who is there, what each tells of itself, how far apart
// they are. A node that does not answer in time is told without its figures: one that is cut off must not hold
// the rest up.

import type { ClusterReadings } from '../node-control.ts';
import { pollPeriodMs } from '../poll.ts';
import type { Member } from '../schemas.ts';
import type { PatinaService } from '../service.ts';
import type { ClusterReading, LagReading } from './cluster-shapes.ts';
import type { AskAllLimits, NodeAnswer } from './insights.ts';
import { questions } from './questions.ts';
import type { About } from './shapes.ts';
import { SharedPoll } from './shared-poll.ts';
import { mergeSketches, sketchQuantile } from './sketch.ts';

/** A node that is slower than this is told as one that does not answer; below the period of readings. */
const answerMsMax = 900;

/** Percentiles of minutes move slowly, and their sketches are large: asked for only so often, milliseconds. */
const convergencePeriodMs = 5_000;

export interface ClusterReaderOptions {
  readonly service: Pick<PatinaService, 'actorId' | 'members' | 'insights'>;
  /** Empty where none is set. */
  readonly clusterName: string;
  readonly wallMs: () => number;
  readonly periodMs?: number;
}

type Convergence = ClusterReading['convergence'];
type ReadingMember = ClusterReading['members'][number];

export function createClusterReadings(options: ClusterReaderOptions): ClusterReadings {
  const { periodMs = pollPeriodMs } = options;
  const reader = new ClusterReader(options);
  const cluster = new SharedPoll({ read: (signal) => reader.cluster(signal), periodMs });
  const lag = new SharedPoll({ read: (signal) => reader.lag(signal), periodMs });
  return {
    cluster: (signal) => cluster.follow(signal),
    lag: (signal) => lag.follow(signal),
  };
}

class ClusterReader {
  readonly #options: ClusterReaderOptions;
  /** Of members that answered once, also while they do not. */
  #apiUrlById: ReadonlyMap<string, string> = new Map();
  #convergence: Convergence = { p50_ms: null, p99_ms: null };
  #convergenceAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ClusterReaderOptions) {
    this.#options = options;
  }

  async cluster(signal: AbortSignal): Promise<ClusterReading> {
    const { service, clusterName, wallMs } = this.#options;
    const { insights } = service;
    const limits = { timeoutMs: answerMsMax, signal };
    const [members, opinions, abouts, convergence] = await Promise.all([
      service.members(),
      insights.ask(undefined, questions.opinions, {}, limits),
      insights.askAll(questions.about, noInput, limits),
      this.#readConvergence(limits),
    ]);
    const seenMs = new Map(opinions.map((each) => [each.actor_id, each.last_seen_ms]));
    const answers = new Map<string, NodeAnswer<About>>(abouts.map((each) => [each.actor_id, each]));
    const told = members.map((member) =>
      this.#member(member, seenMs.get(member.actor_id) ?? null, answers.get(member.actor_id)),
    );
    this.#apiUrlById = new Map(
      told.flatMap(({ actor_id, api_url }) => (api_url === null ? [] : [[actor_id, api_url]])),
    );
    return {
      at_ms: wallMs(),
      cluster_name: clusterName,
      actor_id: service.actorId(),
      members: told,
      convergence,
    };
  }

  async lag(signal: AbortSignal): Promise<LagReading> {
    const { service, wallMs } = this.#options;
    const limits = { timeoutMs: answerMsMax, signal };
    const observers = await service.insights.askAll(questions.lag, noInput, limits);
    return { at_ms: wallMs(), observers };
  }

  #member(
    { ring: _ring, ...member }: Member,
    lastSeenMs: number | null,
    answer: NodeAnswer<About> | undefined,
  ): ReadingMember {
    const about = answer?.ok === true ? answer.answer : null;
    const known = this.#apiUrlById.get(member.actor_id) ?? null;
    return {
      ...member,
      last_seen_ms: lastSeenMs,
      api_url: about === null ? known : about.api_url,
      about,
      error: about === null ? whyNot(member, answer) : null,
    };
  }

  async #readConvergence(limits: AskAllLimits): Promise<Convergence> {
    const nowMs = performance.now();
    if (nowMs - this.#convergenceAtMs < convergencePeriodMs) return this.#convergence;
    const { insights } = this.#options.service;
    const answers = await insights.askAll(questions.convergence, noInput, limits);
    const sketches = answers.flatMap((each) => (each.ok ? [each.answer.sketch] : []));
    const merged = mergeSketches(sketches);
    this.#convergence = {
      p50_ms: sketchQuantile(merged, 0.5),
      p99_ms: sketchQuantile(merged, 0.99),
    };
    this.#convergenceAtMs = nowMs;
    return this.#convergence;
  }
}

function whyNot(
  { address, state }: Pick<Member, 'address' | 'state'>,
  answer: NodeAnswer<About> | undefined,
): string {
  if (answer?.ok === false) return answer.error.error;
  return state === 'left'
    ? `the node at ${address} left`
    : `the node at ${address} is not known yet`;
}

function noInput(): Record<string, never> {
  return {};
}
