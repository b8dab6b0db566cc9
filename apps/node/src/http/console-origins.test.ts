// The origins of members: learned before anybody needs them, kept when a member dies, and forgotten in the end.

import type { AskAllLimits, NodeAnswer } from '@patina/api/insights/insights.ts';
import type { QuestionOf } from '@patina/api/insights/questions.ts';
import type { Member } from '@patina/api/schemas.ts';
import { actorIdFromBytes } from '@patina/engine/base/actor-id.ts';
import { expect, test } from 'vitest';
import { ConsoleOrigins } from './console-origins.ts';

const hourMs = 3_600_000;

const idOf = (n: number) =>
  actorIdFromBytes(new Uint8Array(16).fill(n % 256, 1).fill(n >> 8, 0, 1));
const originOf = (n: number): string => `http://127.0.0.1:${8_000 + n}`;

/** Other members, by a number each, and what a node knows of them. */
class Cluster {
  readonly asked: number[] = [];
  readonly origins: ConsoleOrigins;
  nowMs = 1_000;
  alive = new Set<number>();
  down = new Set<number>();
  urlOf: (n: number) => string | null = originOf;
  hold = Promise.resolve();

  constructor(...allowed: string[]) {
    this.origins = new ConsoleOrigins({
      insights: { askAll: (question, _inputOf, limits) => this.#askAll(question, limits) },
      members: async () => [...this.alive, ...this.down].map((n) => this.#member(n)),
      allowed,
      monotonicMs: () => this.nowMs,
    });
  }

  #member(n: number): Member {
    const state = this.alive.has(n) ? 'alive' : 'down';
    const who = { actor_id: idOf(n), address: `127.0.0.1:${n}`, incarnation: 1 };
    return { ...who, state, rtt_ms: null, ring: null, is_self: false };
  }

  async #askAll<TAsked, TInput, TTold, TAnswer>(
    question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
    limits: AskAllLimits = {},
  ): Promise<NodeAnswer<TAnswer>[]> {
    await this.hold;
    const { nodes } = limits;
    const asked = [...this.alive, ...this.down].filter((n) => nodes?.includes(idOf(n)) ?? true);
    return asked.map((n): NodeAnswer<TAnswer> => {
      this.asked.push(n);
      const actor_id = idOf(n);
      const { address } = this.#member(n);
      if (this.down.has(n)) {
        const error = { error: 'it is down', code: 'PATINA_PEER_UNREACHABLE' };
        return { actor_id, address, ok: false, error };
      }
      const about = {
        ...{ actor_id, address, incarnation: 1, api_url: this.urlOf(n), pid: n, latest: {} },
        ...{ software_version: '1', runtime_version: '2' },
        ...{ started_at_ms: 1, uptime_ms: 1, now_ms: 1 },
      };
      return { actor_id, address, ok: true, answer: question.output.parse(about) };
    });
  }
}

test('a member is trusted that died before anybody asked for it', async () => {
  const cluster = new Cluster();
  cluster.alive = new Set([1, 2]);
  await cluster.origins.look();
  cluster.down = new Set([1]);
  cluster.alive = new Set([2]);
  expect(await cluster.origins.isTrusted(originOf(1))).toBe(true);
  expect(await cluster.origins.isTrusted('http://evil.example')).toBe(false);
});

test('looking asks those alone that were not heard of lately', async () => {
  const cluster = new Cluster();
  cluster.alive = new Set([1, 2]);
  await cluster.origins.look();
  cluster.alive.add(3);
  cluster.down.add(4);
  cluster.nowMs += 5_000;
  await cluster.origins.look();
  expect(cluster.asked).toEqual([1, 2, 3]);
  cluster.nowMs += 58_000;
  await cluster.origins.look();
  expect(cluster.asked).toEqual([1, 2, 3, 1, 2]);
});

test('a new member is asked at once where its page comes, and not for each request of a stranger', async () => {
  const cluster = new Cluster();
  cluster.alive = new Set([1]);
  expect(await cluster.origins.isTrusted(originOf(1))).toBe(true);
  for (let count = 0; count < 10; count++) await cluster.origins.isTrusted('http://evil.example');
  expect(cluster.asked).toEqual([1]);
});

test('a member that stays away is forgotten, and what is configured is not', async () => {
  const allowed = 'http://console.example';
  const cluster = new Cluster(allowed);
  cluster.alive = new Set([1]);
  await cluster.origins.look();
  cluster.down = cluster.alive;
  cluster.alive = new Set();
  cluster.nowMs += hourMs - 1;
  expect(cluster.origins.known()).toEqual([allowed, originOf(1)]);
  cluster.nowMs += 1;
  expect(cluster.origins.known()).toEqual([allowed]);
  expect(cluster.origins.isKnown(originOf(1))).toBe(false);
});

test('a member that moved is known by its new origin alone', async () => {
  const cluster = new Cluster();
  cluster.alive = new Set([1]);
  await cluster.origins.look();
  cluster.urlOf = () => 'https://db1.example';
  cluster.nowMs += 61_000;
  await cluster.origins.look();
  expect(cluster.origins.known()).toEqual(['https://db1.example']);
});

test('only so many are kept, those that were heard of last', async () => {
  const cluster = new Cluster();
  cluster.alive = new Set(Array.from({ length: 300 }, (_, index) => index));
  await cluster.origins.look();
  expect(cluster.origins.known()).toHaveLength(256);
  expect(cluster.origins.isKnown(originOf(0))).toBe(false);
  expect(cluster.origins.isKnown(originOf(299))).toBe(true);
});

test('what is no origin is not taken, whatever a member says', async () => {
  for (const url of [
    null,
    '',
    'no origin',
    'javascript:alert(1)',
    'http://a.example; script-src *',
    'http://a.example/path',
    'http://a.example\r\nset-cookie: a=b',
    'http://*',
    'http://*.example',
    'http://a;b',
    "http://'self'",
  ]) {
    const cluster = new Cluster();
    cluster.alive = new Set([1]);
    cluster.urlOf = () => url;
    await cluster.origins.look();
    expect(cluster.origins.known(), url ?? 'null').toEqual([]);
  }
});

test('a page does not wait for slow members, and the next one knows them', async () => {
  const cluster = new Cluster();
  cluster.alive = new Set([1]);
  const answers = Promise.withResolvers<void>();
  cluster.hold = answers.promise;
  expect(await cluster.origins.forPage()).toEqual([]);
  answers.resolve();
  expect(await cluster.origins.forPage()).toEqual([originOf(1)]);
});
