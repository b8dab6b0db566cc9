// The tRPC API as any program can speak it: GET for queries, POST for mutations, server-sent events.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { exactTransformer } from '@patina/api/exact-transformer.ts';
import { z } from 'zod';
import { eventually } from './wait.ts';

export class TrpcError extends Error {
  override readonly name = 'TrpcError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(`${status} ${code}: ${message}`);
    this.status = status;
    this.code = code;
  }
}

export interface SseEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

export interface TrpcClient {
  query(path: string, input?: object): Promise<unknown>;
  mutate(path: string, input: object): Promise<unknown>;
  subscribe(path: string, input: object, lastEventId?: string): TrpcStream;
}

const streamMsMax = 20_000;

export function trpcClient(apiPort: number): TrpcClient {
  const base = `http://127.0.0.1:${apiPort}/trpc`;
  return {
    query: async (path, input) => resultOf(await fetch(urlOf(base, path, input))),
    mutate: async (path, input) =>
      resultOf(
        await fetch(`${base}/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(exactTransformer.serialize(input)),
        }),
      ),
    subscribe: (path, input, lastEventId) => new TrpcStream(urlOf(base, path, input), lastEventId),
  };
}

function urlOf(base: string, path: string, input: object | undefined): string {
  if (input === undefined) return `${base}/${path}`;
  const json = JSON.stringify(exactTransformer.serialize(input));
  return `${base}/${path}?input=${encodeURIComponent(json)}`;
}

async function resultOf(response: Response): Promise<unknown> {
  const body = answerSchema.parse(await response.json());
  if ('result' in body) return exactTransformer.deserialize(body.result.data);
  const { message, data } = errorSchema.parse(exactTransformer.deserialize(body.error));
  throw new TrpcError(response.status, data.code, message);
}

const answerSchema = z.union([
  z.object({ result: z.object({ data: z.unknown() }) }),
  z.object({ error: z.unknown() }),
]);

const errorSchema = z.object({ message: z.string(), data: z.object({ code: z.string() }) });

/** Events of one subscription, as they come. */
export class TrpcStream {
  readonly events: SseEvent[] = [];
  readonly #request;
  #fault: string | undefined;

  constructor(url: string, lastEventId: string | undefined) {
    const headers = {
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    };
    this.#request = httpRequest(url, { headers }, (response) => this.#read(response));
    this.#request.on('error', (error) => {
      this.#fault = error.message;
    });
    this.#request.end();
  }

  /** The first event that fits, of those that came or come. */
  until(fits: (event: SseEvent) => boolean): Promise<SseEvent> {
    const look = (): SseEvent => {
      const found = this.events.find(fits);
      if (found !== undefined) return found;
      throw new Error(`${this.#fault ?? 'not yet'}, of ${JSON.stringify(this.events)}`);
    };
    return eventually('an event of the subscription', look, { withinMs: streamMsMax });
  }

  close(): void {
    this.#request.destroy();
  }

  #read(response: IncomingMessage): void {
    response.setEncoding('utf8');
    response.on('error', () => undefined);
    let rest = '';
    response.on('data', (piece: string) => {
      const blocks = (rest + piece).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    });
  }

  #take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
    );
    const data = fields.get('data');
    const event = fields.get('event') ?? 'message';
    if (data === undefined || data === '' || event === 'connected' || event === 'ping') return;
    const parsed = exactTransformer.deserialize(JSON.parse(data));
    this.events.push({ event, id: fields.get('id'), data: parsed });
  }
}
