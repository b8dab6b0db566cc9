// A session machine whose requests are carried out at once: bytes of a client in, lines of the server out.

import { sizeOf } from '@patina/engine/functions/pg-types.ts';
import { decodeParam } from '../../types/decode.ts';
import type { Effect } from '../effects.ts';
import type { SessionAnswer, SessionRequest } from '../requests.ts';
import { Session } from '../session.ts';
import type { SessionOptions } from '../session-core.ts';
import { type ClientMessage, encodeClient } from './client-messages.ts';
import { ServerLines } from './server-messages.ts';
import type { SqliteExecution } from './sqlite-execution.ts';

/** The tables of the tests, as they are in SQLite, and for PostgreSQL. */
export const testTables = ['CREATE TABLE t (k INT NOT NULL PRIMARY KEY, v TEXT)'];

type Handle = (request: SessionRequest) => readonly SessionAnswer[];

export class TestSession {
  readonly session: Session;
  readonly #handle: Handle;
  readonly #lines = new ServerLines();
  #out: string[] = [];
  /** What is no message and no request. */
  readonly others: Effect[] = [];
  /** Every byte that was sent. */
  bytesSent = 0;

  constructor(execution: SqliteExecution, more: Partial<SessionOptions> = {}, handle?: Handle) {
    this.#handle = handle ?? ((request) => execution.handle(request));
    this.session = new Session({
      planner: () => execution.planner,
      decodeParam,
      sizeOf,
      settings: {},
      databaseName: 'patina',
      offersTls: false,
      isEncrypted: false,
      processId: 42,
      secret: 4_711,
      serverNonce: 'a nonce of the server',
      ...more,
    });
  }

  /** The lines that were sent since the last time. */
  say(...messages: readonly ClientMessage[]): string[] {
    for (const [kind] of messages) {
      if (kind === 'SSLRequest' || kind === 'GSSENCRequest') this.#lines.expectSingleByte();
    }
    return this.receive(Buffer.concat(messages.map(encodeClient)));
  }

  receive(bytes: Uint8Array): string[] {
    this.act(this.session.receive(bytes));
    return this.#out.splice(0);
  }

  /** Carries out what the session wants; returns what it said. */
  act(effects: readonly Effect[]): string[] {
    const queue = [...effects];
    for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
      if (effect.kind === 'send') {
        this.bytesSent += effect.bytes.length;
        this.#out.push(...this.#lines.push(effect.bytes));
      } else if (effect.kind === 'request') {
        for (const answer of this.#handle(effect.request))
          queue.push(...this.session.answer(answer));
      } else this.others.push(effect);
    }
    return this.#out.slice();
  }

  /** Logs in, past what the server says of itself. */
  logIn(parameters: Readonly<Record<string, string>> = {}): this {
    this.say(['Startup', { user: 'tester', ...parameters }]);
    return this;
  }
}
