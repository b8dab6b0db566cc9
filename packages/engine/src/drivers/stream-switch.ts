// Two kinds of exchange use two-way streams: sync, and questions to a node. The first message of a stream
// tells which one it is; until then it belongs to nobody, and for a limited time only.

import { isAsk } from '../asking/ask-wire.ts';
import type { MessageStream, Timers } from '../ports.ts';

/** How long an opened stream may say nothing. */
const firstMessageMsMax = 10_000;

type Handlers = Parameters<MessageStream['receive']>[0];

export interface StreamUsers {
  readonly sync: (stream: MessageStream) => void;
  readonly question: (stream: MessageStream, first: Uint8Array) => void;
}

/** Waits for the first message and hands the stream to whom it is for. */
export function switchStream(stream: MessageStream, timers: Timers, users: StreamUsers): void {
  const cancel = timers.after(firstMessageMsMax, () => stream.abort());
  let handlers: Handlers | undefined;
  const taken: MessageStream = {
    peer: stream.peer,
    send: (message) => stream.send(message),
    end: () => stream.end(),
    abort: () => stream.abort(),
    receive(given) {
      handlers = given;
    },
  };
  stream.receive({
    onMessage(message) {
      if (handlers !== undefined) return handlers.onMessage(message);
      cancel();
      if (isAsk(message)) {
        users.question(taken, message);
        return undefined;
      }
      users.sync(taken);
      return handlers === undefined ? undefined : replay(handlers, message);
    },
    onEnd(error) {
      cancel();
      handlers?.onEnd(error);
    },
  });
}

function replay(handlers: Handlers, message: Uint8Array): void | Promise<void> {
  return handlers.onMessage(message);
}
