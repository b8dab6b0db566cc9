// One connection goes from node to node: real WebSockets against small servers that answer like nodes.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { NodeConnection } from './node-connection.ts';
import type { SessionInfo } from './session.ts';

const someone: SessionInfo = {
  is_required: false,
  principal: { name: 'anyone', roles: ['admin'], tables: null },
};
const nobody: SessionInfo = { is_required: true, principal: null };

interface FakeNode {
  readonly origin: string;
  readonly requests: { id: number; method: string; params: { path: string } }[];
  session: SessionInfo;
  stop(): Promise<void>;
}

const nodes: FakeNode[] = [];
const connections: NodeConnection[] = [];

afterEach(async () => {
  for (const connection of connections.splice(0)) connection.stop();
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

/** Answers every query with its own origin; feeds give it once and stay open. */
async function startNode(): Promise<FakeNode> {
  const server: Server = createServer();
  const sockets = new WebSocketServer({ server });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const node: FakeNode = {
    origin: `http://127.0.0.1:${port}`,
    requests: [],
    session: someone,
    stop: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  sockets.on('connection', (socket) => {
    socket.on('message', (bytes) => {
      const text = bytes.toString();
      if (text === 'PING') return socket.send('PONG');
      for (const request of [JSON.parse(text)].flat()) {
        node.requests.push(request);
        if (request.method === 'subscription.stop') continue;
        const data = { type: 'data', data: node.origin };
        if (request.method === 'subscription') {
          socket.send(JSON.stringify({ id: request.id, result: { type: 'started' } }));
        }
        socket.send(JSON.stringify({ id: request.id, result: data }));
      }
    });
  });
  nodes.push(node);
  return node;
}

function connect(own: FakeNode, storage?: Storage): NodeConnection {
  const connection = new NodeConnection({
    own: own.origin,
    storage,
    ask: async (origin) => {
      const node = nodes.find((each) => each.origin === origin);
      await fetch(origin, { method: 'HEAD', signal: AbortSignal.timeout(20) }).catch((error) => {
        if (error instanceof TypeError) throw error;
      });
      if (node === undefined) throw new TypeError('no such node');
      return node.session;
    },
  });
  connections.push(connection);
  return connection;
}

function known(...all: readonly FakeNode[]) {
  return all.map(({ origin }) => ({ actorId: null, origin, address: origin, isAlive: true }));
}

const isOpenAt = (connection: NodeConnection, node: FakeNode) => () => {
  const { kind, origin } = connection.state();
  return kind === 'open' && origin === node.origin;
};

it('asks the node that served the page', async () => {
  const own = await startNode();
  const connection = connect(own);
  expect(await connection.api.cluster.members.query()).toBe(own.origin);
  expect(connection.state()).toMatchObject({ kind: 'open', origin: own.origin, failedOver: null });
});

it('goes on at another node when its own dies, and tells so; feeds are opened there', async () => {
  const [own, other] = [await startNode(), await startNode()];
  const connection = connect(own);
  await expect.poll(isOpenAt(connection, own)).toBe(true);
  connection.learn(known(own, other));
  const seen: unknown[] = [];
  connection.api.cluster.onEvents.subscribe({}, { onData: (data) => seen.push(data) });
  await expect.poll(() => seen).toEqual([own.origin]);
  await own.stop();
  await expect.poll(isOpenAt(connection, other)).toBe(true);
  await expect.poll(() => seen).toEqual([own.origin, other.origin]);
  expect(connection.state().failedOver).toBe(own.origin);
  connection.dismissNotice();
  expect(connection.state().failedOver).toBeNull();
});

it('a question that was under way when the node died fails; it is not asked twice', async () => {
  const own = await startNode();
  const other = await startNode();
  const connection = connect(own);
  await connection.api.cluster.members.query();
  connection.learn(known(own, other));
  const asked = connection.api.sql.cancel.mutate({ query_id: 'q-12345678' });
  const outcome = asked.then(
    () => 'answered',
    () => 'failed',
  );
  await own.stop();
  const result = await outcome;
  await expect.poll(isOpenAt(connection, other)).toBe(true);
  const paths = other.requests.map(({ params }) => params.path);
  if (result === 'failed') expect(paths).not.toContain('sql.cancel');
  else expect([...own.requests, ...other.requests]).toHaveLength(2);
});

it('goes where the reader chooses, without calling that a failure', async () => {
  const [own, other] = [await startNode(), await startNode()];
  const connection = connect(own);
  connection.learn(known(own, other));
  await expect.poll(isOpenAt(connection, own)).toBe(true);
  connection.choose(other.origin);
  await expect.poll(isOpenAt(connection, other)).toBe(true);
  expect(connection.state().failedOver).toBeNull();
});

it('waits for a log-in where no node lets the reader in', async () => {
  const own = await startNode();
  own.session = nobody;
  const connection = connect(own);
  await expect.poll(() => connection.state().kind).toBe('log-in');
  own.session = someone;
  connection.renew();
  await expect.poll(isOpenAt(connection, own)).toBe(true);
  expect(connection.state().session).toEqual(someone);
});

it('prefers a node that lets the reader in to one that asks for a log-in', async () => {
  const [own, closed, open] = [await startNode(), await startNode(), await startNode()];
  closed.session = nobody;
  const connection = connect(own);
  await expect.poll(isOpenAt(connection, own)).toBe(true);
  connection.learn(known(own, closed, open));
  await own.stop();
  await expect.poll(isOpenAt(connection, open)).toBe(true);
});

it('tries again and again while no node answers', async () => {
  const own = await startNode();
  const connection = connect(own);
  await expect.poll(isOpenAt(connection, own)).toBe(true);
  await own.stop();
  await expect.poll(() => connection.state().rounds).toBeGreaterThan(1);
});
