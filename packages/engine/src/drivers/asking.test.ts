// Questions between two nodes over streams in memory: answers, errors, limits, and who stops whom.

import { expect, test } from 'vitest';
import { partBytesMax } from '../asking/ask-wire.ts';
import { type ActorId, actorIdFromBytes } from '../base/actor-id.ts';
import { PatinaError } from '../base/errors.ts';
import type { MessageStream, Peer, Timers } from '../ports.ts';
import { AskClient } from './ask-client.ts';
import { AskServer, type Question } from './ask-server.ts';
import { switchStream } from './stream-switch.ts';

type Handlers = Parameters<MessageStream['receive']>[0];

const actorId: ActorId = actorIdFromBytes(new Uint8Array(16));
const peer: Peer = { address: '127.0.0.1:1', actorId, sessionId: '00'.repeat(16) };
const closed = new PatinaError('PATINA_STREAM_CLOSED', 'closed');

/** One end of a pair of streams; what is sent arrives in later microtasks, in order. */
class MemoryStream implements MessageStream {
  readonly peer = peer;
  other: MemoryStream | undefined;
  isAborted = false;
  #handlers: Handlers | undefined;
  #waiting: (() => void)[] = [];

  async send(message: Uint8Array): Promise<void> {
    if (this.isAborted) throw closed;
    this.other?.deliver((handlers) => void handlers.onMessage(message));
  }

  end(): void {
    this.other?.deliver((handlers) => handlers.onEnd(undefined));
  }

  abort(): void {
    if (this.isAborted) return;
    this.isAborted = true;
    this.other?.deliver((handlers) => handlers.onEnd(closed));
  }

  receive(handlers: Handlers): void {
    this.#handlers = handlers;
    for (const run of this.#waiting.splice(0)) queueMicrotask(run);
  }

  deliver(run: (handlers: Handlers) => void): void {
    const now = (): void => {
      if (this.#handlers === undefined) this.#waiting.push(now);
      else run(this.#handlers);
    };
    queueMicrotask(now);
  }
}

const timers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A client whose streams end at a server that answers as told. */
function connect(answer: (question: Question) => Promise<string>): {
  readonly client: AskClient;
  readonly server: AskServer;
  readonly streams: MemoryStream[];
  readonly synced: MessageStream[];
} {
  const server = new AskServer({ timers, answer });
  const streams: MemoryStream[] = [];
  const synced: MessageStream[] = [];
  const openStream = async (): Promise<MessageStream> => {
    const near = new MemoryStream();
    const far = new MemoryStream();
    near.other = far;
    far.other = near;
    streams.push(near, far);
    switchStream(far, timers, {
      sync: (stream) => synced.push(stream),
      question: (stream, first) => server.serve(stream, first),
    });
    return near;
  };
  return { client: new AskClient({ transport: { openStream }, timers }), server, streams, synced };
}

const soon = { timeoutMs: 5_000 };

test('a question is answered, whatever the length of the answer', async () => {
  const { client } = connect(
    async ({ name, body }) => `${name}:${body}:${'ä'.repeat(partBytesMax)}`,
  );
  const answer = await client.ask(peer.address, 'lag', '{"a":1}', soon);
  expect(answer).toBe(`lag:{"a":1}:${'ä'.repeat(partBytesMax)}`);
  expect(await connect(async () => '').client.ask(peer.address, 'lag', '', soon)).toBe('');
});

test('an error over there arrives with its code and hint', async () => {
  const { client } = connect(async () => {
    throw new PatinaError('PATINA_NOT_FOUND', 'there is no such thing', { hint: 'look' });
  });
  await expect(client.ask(peer.address, 'q', '', soon)).rejects.toMatchObject({
    code: 'PATINA_NOT_FOUND',
    message: 'there is no such thing',
    hint: 'look',
  });
});

test('a late answer is given up, and the work over there is stopped', async () => {
  const stopped = Promise.withResolvers<void>();
  const { client } = connect(({ signal }) => {
    signal.addEventListener('abort', () => stopped.resolve());
    return new Promise(() => {});
  });
  const asked = client.ask(peer.address, 'q', '', { timeoutMs: 20 });
  await expect(asked).rejects.toMatchObject({ code: 'PATINA_WAIT_TIMEOUT' });
  await stopped.promise;
});

test('whoever goes away stops the work over there', async () => {
  const stopped = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { client } = connect(({ signal }) => {
    begun.resolve();
    signal.addEventListener('abort', () => stopped.resolve());
    return new Promise(() => {});
  });
  const controller = new AbortController();
  const asked = client.ask(peer.address, 'q', '', { ...soon, signal: controller.signal });
  await begun.promise;
  controller.abort();
  await expect(asked).rejects.toMatchObject({ code: 'PATINA_STREAM_CLOSED' });
  await stopped.promise;
});

test('answers over the limit of the asker are refused', async () => {
  const { client } = connect(async () => 'x'.repeat(100));
  await expect(
    client.ask(peer.address, 'q', '', { ...soon, answerBytesMax: 99 }),
  ).rejects.toMatchObject({ code: 'PATINA_RESULT_TOO_LARGE' });
});

test('there are only so many questions to one peer at once', async () => {
  const { client } = connect(() => new Promise(() => {}));
  const asked = Array.from({ length: 16 }, () => client.ask(peer.address, 'q', '', soon));
  const outcomes = Promise.allSettled(asked);
  await expect(client.ask(peer.address, 'q', '', soon)).rejects.toMatchObject({
    code: 'PATINA_OVERLOADED',
  });
  client.stop();
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ reason: { code: 'PATINA_SHUTTING_DOWN' } });
  }
});

test('a peer of another version is refused by name, garbage ends the stream', async () => {
  const { streams, client } = connect(async () => 'x');
  void client.ask(peer.address, 'q', '', soon).catch(() => undefined);
  const { server } = connect(async () => 'x');
  const far = new MemoryStream();
  const near = new MemoryStream();
  near.other = far;
  far.other = near;
  const heard: Uint8Array[] = [];
  const ended = new Promise<Error | undefined>((resolve) => {
    near.receive({ onMessage: (bytes) => void heard.push(bytes), onEnd: resolve });
  });
  server.serve(far, Uint8Array.of(32, 9));
  expect(await ended).toBeUndefined();
  expect(heard.length).toBe(1);
  expect(heard[0]?.[0]).toBe(35);
  expect(streams.length).toBe(2);
});

test('streams that begin otherwise belong to sync, which gets every message', async () => {
  const { synced, client, streams } = connect(async () => 'x');
  await client.ask(peer.address, 'q', '', soon);
  const far = streams[1];
  const near = new MemoryStream();
  const other = new MemoryStream();
  near.other = other;
  other.other = near;
  const heard: number[] = [];
  switchStream(other, timers, {
    sync: (stream) => {
      stream.receive({ onMessage: (bytes) => void heard.push(bytes[0] ?? -1), onEnd: () => {} });
    },
    question: () => heard.push(-2),
  });
  await near.send(Uint8Array.of(1));
  await near.send(Uint8Array.of(2));
  await expect.poll(() => heard).toEqual([1, 2]);
  expect(synced).toEqual([]);
  expect(far?.isAborted).toBe(false);
});
