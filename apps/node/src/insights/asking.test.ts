// Questions to this node and to others over a client that a test answers for: what is checked, what is
// exact, and how those come that do not answer.

import { questions } from '@patina/api/insights/questions.ts';
import { type ActorId, actorIdFromBytes } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { AskClient } from '@patina/engine/drivers/ask-client.ts';
import { AskServer } from '@patina/engine/drivers/ask-server.ts';
import type { MessageStream } from '@patina/engine/ports.ts';
import { expect, test } from 'vitest';
import { type Asking, createAsking, handle, type KnownMember } from './asking.ts';

const id = (n: number): ActorId => actorIdFromBytes(new Uint8Array(16).fill(n));

const timers = {
  after(delayMs: number, run: () => void) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Two ends of a stream; what is sent arrives in a later microtask. */
function streamPair(address: string): [MessageStream, MessageStream] {
  type Handlers = Parameters<MessageStream['receive']>[0];
  const handlers: (Handlers | undefined)[] = [undefined, undefined];
  const end = (side: 0 | 1): MessageStream => ({
    peer: { address, actorId: id(0), sessionId: '' },
    async send(message) {
      queueMicrotask(() => void handlers[1 - side]?.onMessage(message));
    },
    end: () => queueMicrotask(() => handlers[1 - side]?.onEnd(undefined)),
    abort: () => queueMicrotask(() => handlers[1 - side]?.onEnd(new Error('aborted'))),
    receive(given) {
      handlers[side] = given;
    },
  });
  return [end(0), end(1)];
}

/** Nodes that can reach each other by address, but for those that are silent. */
function clusterOf(
  count: number,
  states: Readonly<Record<number, KnownMember['state']>> = {},
): Asking[] {
  const nodes: Asking[] = [];
  const servers: AskServer[] = [];
  for (let n = 0; n < count; n++) {
    servers.push(
      new AskServer({
        timers,
        answer: ({ name, body, signal, timeLimitMs }) => {
          const node = nodes[n];
          if (node === undefined) throw new Error('all nodes are there');
          return node.answer(name, body, { signal, timeLimitMs });
        },
      }),
    );
  }
  const transport = {
    async openStream(address: string): Promise<MessageStream> {
      const server = servers[Number(address)];
      if (server === undefined) throw new PatinaError('PATINA_PEER_UNREACHABLE', 'nobody there');
      const [near, far] = streamPair(address);
      far.receive({ onMessage: (first) => server.serve(far, first), onEnd: () => {} });
      return near;
    },
  };
  for (let n = 0; n < count; n++) {
    const members = Array.from({ length: count + 1 }, (_, m) => ({
      actorId: id(m),
      address: String(m),
      state: states[m] ?? ('alive' as const),
    }));
    nodes.push(
      createAsking({
        self: () => ({ actorId: id(n), address: String(n) }),
        members: () => members.filter((_, m) => m !== n),
        client: new AskClient({ transport, timers }),
        handlers: [
          handle(questions.schemaHash, () => ({ hash: `hash of ${n}`, tables: n })),
          handle(questions.query, ({ rows_max: rowsMax }) => ({
            columns: ['n'],
            rows: [[9_007_199_254_740_993n, rowsMax]],
            truncated: false,
            time_ms: 1,
            bytes: 3,
          })),
        ],
      }),
    );
  }
  return nodes;
}

test('this node and another one answer the same way, exactly', async () => {
  const [first] = clusterOf(2);
  for (const node of [undefined, id(0), id(1)]) {
    const answer = await first?.ask(node, questions.query, { statement: 'SELECT 1', rows_max: 7 });
    expect(answer?.rows).toEqual([[9_007_199_254_740_993n, 7]]);
  }
});

test('all are asked; those that are down or cannot be reached come with the reason', async () => {
  const [first] = clusterOf(3, { 1: 'down' });
  const answers = await first?.askAll(questions.schemaHash, () => ({}));
  expect(answers).toMatchObject([
    { actor_id: id(0), ok: true, answer: { tables: 0 } },
    { actor_id: id(1), ok: false, error: { code: 'PATINA_PEER_UNREACHABLE' } },
    { actor_id: id(2), ok: true, answer: { tables: 2 } },
    { actor_id: id(3), ok: false, error: { code: 'PATINA_PEER_UNREACHABLE' } },
  ]);
});

test('a wrong input, an unknown question and an unknown node are refused by name', async () => {
  const [first] = clusterOf(2);
  const wrong = { statement: 'SELECT 1', rows_max: 0 };
  for (const node of [id(0), id(1)]) {
    await expect(first?.ask(node, questions.query, wrong)).rejects.toMatchObject({
      code: 'PATINA_BODY_INVALID',
      message: expect.stringContaining('rows_max'),
    });
    await expect(first?.ask(node, questions.about, {})).rejects.toMatchObject({
      code: 'PATINA_NOT_FOUND',
    });
  }
  await expect(first?.ask(id(9), questions.schemaHash, {})).rejects.toMatchObject({
    code: 'PATINA_NOT_FOUND',
  });
  await expect(
    first?.answer('schemaHash', 'no json', { signal: undefined, timeLimitMs: 1 }),
  ).rejects.toMatchObject({ code: 'PATINA_WIRE_MALFORMED' });
});
