// Readings over a cluster that a test answers for: who answers comes with figures, who does not with the reason,
// and however many watch, each node is asked once.

import { actorIdFromBytes } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { expect, test } from 'vitest';
import type { Member } from '../schemas.ts';
import { createClusterReadings } from './cluster-reader.ts';
import type { AskAllLimits, AskLimits, NodeAnswer } from './insights.ts';
import { type QuestionOf, questions } from './questions.ts';
import { Sketch } from './sketch.ts';

const id = (n: number) => actorIdFromBytes(new Uint8Array(16).fill(n));

function memberOf(n: number, state: Member['state']): Member {
  const who = { actor_id: id(n), address: `10.0.0.${n}:1`, incarnation: n };
  return { ...who, state, rtt_ms: n === 1 ? 0 : 2, ring: 0, is_self: n === 1 };
}

function aboutOf(n: number) {
  const { actor_id, address, incarnation } = memberOf(n, 'alive');
  return {
    ...{ actor_id, address, incarnation, api_url: `http://127.0.0.1:808${n}`, pid: n },
    ...{ software_version: '1', runtime_version: '2', started_at_ms: 1, uptime_ms: 1, now_ms: 1 },
    latest: { writes: 3 },
  };
}

/** Node 1 answers, with what it hears of the others; `silent` ones let the time pass. */
class Cluster {
  readonly asked: string[] = [];
  readonly limits: AskLimits[] = [];
  members: Member[] = [];
  silent = new Set<number>();

  read() {
    return createClusterReadings({
      service: {
        actorId: () => id(1),
        members: async () => this.members,
        insights: {
          ask: (node, question, _input, limits = {}) => this.#ask(node, question, limits),
          askAll: (question, _inputOf, limits = {}) => this.#askAll(question, limits),
        },
      },
      clusterName: 'north',
      wallMs: () => 1_234,
      periodMs: 60,
    });
  }

  async #ask<TAsked, TInput, TTold, TAnswer>(
    node: string | undefined,
    question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
    limits: AskLimits,
  ): Promise<TAnswer> {
    const n = this.members.findIndex(({ actor_id }) => actor_id === (node ?? id(1))) + 1;
    this.asked.push(`${question.name} ${n}`);
    this.limits.push(limits);
    if (this.silent.has(n)) throw new PatinaError('PATINA_WAIT_TIMEOUT', `${n} is silent`);
    return question.output.parse(this.#answer(question.name, n));
  }

  #answer(name: string, n: number): unknown {
    if (name === 'about') return aboutOf(n);
    if (name === 'lag') return [];
    if (name === 'opinions') {
      return this.members.slice(1).map((member) => {
        return { ...member, rtt_min_ms: 1, last_seen_ms: 1_000 + member.incarnation };
      });
    }
    const sketch = new Sketch();
    sketch.add(n * 10);
    return {
      ...{ period_ms: 1, rounds: 1, p50_ms: null, p99_ms: null, peers: [], recent: [] },
      sketch: sketch.data(),
    };
  }

  async #askAll<TAsked, TInput, TTold, TAnswer>(
    question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
    limits: AskAllLimits,
  ): Promise<NodeAnswer<TAnswer>[]> {
    const asked = this.members.filter(({ state }) => state !== 'left');
    return Promise.all(
      asked.map(async ({ actor_id, address }): Promise<NodeAnswer<TAnswer>> => {
        const node = id(this.members.findIndex((each) => each.actor_id === actor_id) + 1);
        try {
          const answer = await this.#ask(node, question, limits);
          return { actor_id: node, address, ok: true, answer };
        } catch (error) {
          const code = 'PATINA_WAIT_TIMEOUT';
          return { actor_id: node, address, ok: false, error: { error: String(error), code } };
        }
      }),
    );
  }
}

async function next<T>(stream: AsyncGenerator<T, void>): Promise<T> {
  const { value, done } = await stream.next();
  if (done === true) throw new Error('it ended');
  return value;
}

test('members come with their figures, or with the reason why there are none', async () => {
  const cluster = new Cluster();
  cluster.members = [memberOf(1, 'alive'), memberOf(2, 'alive'), memberOf(3, 'suspect')];
  cluster.members.push(memberOf(4, 'left'));
  const watch = cluster.read().cluster(undefined);
  const first = await next(watch);
  expect(first).toMatchObject({ at_ms: 1_234, cluster_name: 'north', actor_id: id(1) });
  expect(first.members.map(({ about }) => about?.pid ?? null)).toEqual([1, 2, 3, null]);
  expect(first.members[0]).toMatchObject({ is_self: true, last_seen_ms: null, error: null });
  expect(first.members[1]).toMatchObject({ last_seen_ms: 1_002, error: null, rtt_ms: 2 });
  expect(first.members[3]).toMatchObject({ state: 'left', api_url: null, about: null });
  expect(first.members[3]?.error).toContain('left');
  expect(first.convergence.p50_ms).toBeCloseTo(20, -1);
  // One falls silent: its address is still known, its figures are not.
  cluster.silent.add(2);
  await expect
    .poll(async () => (await next(watch)).members[1])
    .toMatchObject({ about: null, api_url: 'http://127.0.0.1:8082', error: expect.any(String) });
  expect(cluster.limits.every(({ timeoutMs = 5_000 }) => timeoutMs < 1_000)).toBe(true);
  await watch.return();
});

test('however many watch, each node is asked once, and nobody once nobody watches', async () => {
  const cluster = new Cluster();
  cluster.members = [memberOf(1, 'alive'), memberOf(2, 'alive')];
  const readings = cluster.read();
  const watches = Array.from({ length: 20 }, () => readings.cluster(undefined));
  await Promise.all(watches.map(next));
  expect(cluster.asked.toSorted()).toEqual([
    ...['about 1', 'about 2', 'convergence 1', 'convergence 2', 'opinions 1'],
  ]);
  await Promise.all(watches.map(next));
  // What moves slowly is not asked for each time.
  expect(cluster.asked.filter((each) => each === 'convergence 1')).toHaveLength(1);
  expect(cluster.asked.filter((each) => each === 'about 2')).toHaveLength(2);
  await Promise.all(watches.map((watch) => watch.return()));
  expect(cluster.limits.every(({ signal }) => signal?.aborted === true)).toBe(true);
});

test('lag is read of all nodes at once, those that do not answer with the reason', async () => {
  const cluster = new Cluster();
  cluster.members = [memberOf(1, 'alive'), memberOf(2, 'alive')];
  cluster.silent.add(2);
  const lag = cluster.read().lag(undefined);
  expect(await next(lag)).toMatchObject({
    at_ms: 1_234,
    observers: [
      { actor_id: id(1), ok: true, answer: [] },
      { actor_id: id(2), ok: false, error: { code: 'PATINA_WAIT_TIMEOUT' } },
    ],
  });
  expect(cluster.asked).not.toContain(`${questions.about.name} 1`);
  await lag.return();
});
