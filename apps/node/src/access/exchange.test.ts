// Nodes that share tokens and users: what is made or revoked at one is so at all, after a partition too, and
// a node that does not share neither tells nor listens.

import type { QuestionOf } from '@patina/api/insights/questions.ts';
import { type ActorId, actorIdFromBytes } from '@patina/engine/base/actor-id.ts';
import { must } from '@patina/engine/base/assert.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { afterEach, expect, test } from 'vitest';
import { AuditLog } from '../audit/audit-log.ts';
import { AccessControl } from './access-control.ts';
import { AccessExchange } from './exchange.ts';
import { manageAccess } from './manage.ts';

class Cluster {
  readonly nodes: {
    readonly id: ActorId;
    readonly control: AccessControl;
    readonly exchange: AccessExchange;
  }[] = [];
  /** Nodes that nobody reaches. */
  readonly away = new Set<ActorId>();

  add(isShared = true): number {
    const id = actorIdFromBytes(new Uint8Array(16).fill(this.nodes.length + 1));
    const control = new AccessControl({
      path: undefined,
      tokens: [],
      isAlwaysRequired: false,
      failedLogInsPerMinute: 5,
      audit: () => undefined,
      onFault: () => undefined,
    });
    const exchange = new AccessExchange({ control, isShared });
    this.nodes.push({ id, control, exchange });
    exchange.start({
      asking: { ask: (to, question, input) => this.#ask(id, to, question, input) },
      others: () => this.nodes.map((node) => node.id).filter((other) => other !== id),
      random: () => 0,
      onFault: () => undefined,
    });
    return this.nodes.length - 1;
  }

  service(index: number) {
    const audit = new AuditLog({
      path: undefined,
      bytesMax: 1,
      wallMs: Date.now,
      onFault: () => undefined,
    });
    const { control } = must(this.nodes[index], 'was added');
    return manageAccess({ control, audit, wallMs: Date.now }, { name: 'test', through: 'test' });
  }

  control(index: number): AccessControl {
    return must(this.nodes[index], 'was added').control;
  }

  stop(): void {
    for (const { exchange } of this.nodes) exchange.stop();
  }

  async #ask<TAsked, TInput, TTold, TAnswer>(
    from: ActorId,
    to: ActorId | undefined,
    question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
    input: TAsked,
  ): Promise<TAnswer> {
    const node = this.nodes.find(({ id }) => id === to);
    if (node === undefined || this.away.has(node.id) || this.away.has(from)) {
      throw new PatinaError('PATINA_PEER_UNREACHABLE', 'away');
    }
    const told = question.input.parse(JSON.parse(JSON.stringify(input)));
    const { digest, records } = toldShape(told);
    return question.output.parse(node.exchange.answer({ digest, records }));
  }
}

function toldShape(told: unknown): { digest: string; records: string } {
  if (typeof told !== 'object' || told === null) throw new Error('told nothing');
  const digest = 'digest' in told ? told.digest : undefined;
  const records = 'records' in told ? told.records : undefined;
  return { digest: String(digest), records: String(records) };
}

let cluster: Cluster;
afterEach(() => cluster.stop());

const reader = { roles: ['reader'] } as const;
const soon = { timeout: 2_000 };

test('what is made at one node is good at all, and revoked everywhere within a second', async () => {
  cluster = new Cluster();
  for (let count = 0; count < 3; count++) cluster.add();
  const { token, info } = await cluster.service(0).createToken('', reader);
  await expect.poll(() => cluster.control(2).byToken(token)?.roles, soon).toEqual(['reader']);
  const there = must(cluster.control(2).byToken(token), 'is good');
  const startMs = performance.now();
  await cluster.service(1).revokeToken(info.id);
  await expect.poll(() => there.revoked?.aborted, soon).toBe(true);
  expect(performance.now() - startMs).toBeLessThan(1_000);
  expect(cluster.control(0).byToken(token)).toBeUndefined();
});

test('a revocation wins over a change that was made apart from it', async () => {
  cluster = new Cluster();
  const [here, there] = [cluster.add(), cluster.add()];
  await cluster.service(here).createUser('anna', 'a good password', reader);
  await expect.poll(() => cluster.control(there).byUser('anna') !== undefined, soon).toBe(true);
  cluster.away.add(must(cluster.nodes[there], 'is there').id);
  await cluster.service(here).removeUser('anna');
  await cluster.service(there).changeUser('anna', { roles: ['admin'] });
  expect(cluster.control(there).byUser('anna')?.roles).toEqual(['admin']);
  cluster.away.clear();
  // The next thing that is told brings the rest with it.
  await cluster.service(there).createToken('', reader);
  await expect.poll(() => cluster.control(there).byUser('anna'), soon).toBeUndefined();
  const [one, two] = cluster.nodes;
  await expect.poll(() => one?.exchange.digest() === two?.exchange.digest(), soon).toBe(true);
  expect(cluster.control(here).byUser('anna')).toBeUndefined();
});

test('a node that comes later learns all of it', async () => {
  cluster = new Cluster();
  cluster.add();
  for (let count = 0; count < 20; count++)
    await cluster.service(0).createToken(`t${count}`, reader);
  const late = cluster.add();
  await expect.poll(() => cluster.control(late).book.records().length, soon).toBe(20);
});

test('a node that keeps its own neither tells nor listens', async () => {
  cluster = new Cluster();
  const [shared, own] = [cluster.add(), cluster.add(false)];
  const one = await cluster.service(shared).createToken('', reader);
  const two = await cluster.service(own).createToken('', reader);
  await new Promise(setImmediate);
  expect(cluster.control(own).byToken(one.token)).toBeUndefined();
  expect(cluster.control(shared).byToken(two.token)).toBeUndefined();
  const { exchange } = must(cluster.nodes[own], 'was added');
  expect(() => exchange.answer({ digest: '', records: '[]' })).toThrow(/does not share/);
  const other = must(cluster.nodes[shared], 'was added').exchange;
  expect(() => other.answer({ digest: '', records: '{' })).toThrow(/in another form/);
  expect(() => other.answer({ digest: '', records: '[{"id":"__proto__"}]' })).toThrow(
    /another form/,
  );
});
