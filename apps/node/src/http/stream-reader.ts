// Reads streams in tests as strict clients do: NDJSON line by line, and server-sent events by the
// rules of their standard, where anything odd is an error instead of being skipped.

import type { IncomingMessage } from 'node:http';
import { parseExactJson } from '@patina/api/exact-json.ts';

const waitMsMax = 10_000;

/** For conditions that come true on a busy machine too. */
export const patience = { timeout: waitMsMax } as const;

/** Takes what a response brings piece by piece. */
export class StreamReader {
  readonly response: IncomingMessage;
  text = '';
  hasEnded = false;
  /** Whether the connection broke before the end of the answer. */
  wasCut = false;
  #changed = Promise.withResolvers<void>();

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      this.text += piece;
      this.#wake();
    });
    response.on('error', () => {
      this.wasCut = true;
    });
    response.on('close', () => {
      this.hasEnded = true;
      this.#wake();
    });
  }

  /** Waits until what has come so far is enough. */
  async until(isEnough: (text: string) => boolean): Promise<void> {
    const deadline = setTimeout(() => this.#wake(), waitMsMax);
    const endMs = performance.now() + waitMsMax;
    try {
      while (!isEnough(this.text)) {
        if (this.hasEnded) throw new Error(`ended with ${JSON.stringify(this.text)}`);
        if (performance.now() >= endMs) throw new Error(`had ${JSON.stringify(this.text)}`);
        await this.#changed.promise;
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  /** The first `count` lines, once they are there. */
  async lines(count: number): Promise<string[]> {
    await this.until((text) => text.split('\n').length > count);
    return this.text.split('\n').slice(0, count);
  }

  /** Everything, once it has ended. */
  async end(): Promise<string> {
    await this.until(() => this.hasEnded);
    return this.text;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

export interface ServerSentEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
}

/** What a text/event-stream holds, each event with at most one field of each kind. */
export function parseEvents(text: string): {
  events: ServerSentEvent[];
  comments: string[];
  retryMs: number | undefined;
} {
  const events: ServerSentEvent[] = [];
  const comments: string[] = [];
  let retryMs: number | undefined;
  if (!text.endsWith('\n\n')) throw new Error('the last event is not complete');
  if (text.includes('\r')) throw new Error('a carriage return ends lines too');
  for (const block of text.slice(0, -2).split('\n\n')) {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const match = /^(?<name>[a-z]*): (?<value>.*)$/su.exec(line)?.groups;
      if (match === undefined) throw new Error(`no field: ${JSON.stringify(line)}`);
      const { name = '', value = '' } = match;
      if (name === '') comments.push(value);
      else if (fields.has(name)) throw new Error(`${name} twice in ${JSON.stringify(block)}`);
      else fields.set(name, value);
    }
    const retry = fields.get('retry');
    if (retry !== undefined) {
      if (!/^\d+$/.test(retry)) throw new Error('retry is no number');
      retryMs = Number(retry);
      fields.delete('retry');
    }
    if (fields.size === 0) continue;
    const event = fields.get('event');
    const data = fields.get('data');
    const id = fields.get('id');
    for (const name of fields.keys()) {
      if (!['event', 'data', 'id'].includes(name)) throw new Error(`an unknown field ${name}`);
    }
    if (event === undefined || data === undefined) throw new Error(`no event: ${block}`);
    const parsed = parseExactJson(data);
    events.push(id === undefined ? { event, data: parsed } : { event, data: parsed, id });
  }
  return { events, comments, retryMs };
}
