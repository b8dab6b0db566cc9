// A live query for as long as a part shows it, and hooks that draw again when it has changed.

'use client';

import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { useConnection } from '../../connection/connection-provider.tsx';
import { faultOf } from '../../connection/faults.ts';
import type { Api } from '../../connection/node-connection.ts';
import { eventIn } from './live-events.ts';
import { LiveStream, type StreamPorts, type StreamStatus } from './live-stream.ts';
import type { Statement } from './statement.ts';

/** @param key Says when the statement is another one. */
export function useLiveStream(statement: Statement, key: string): LiveStream | undefined {
  const connection = useConnection();
  const [stream, setStream] = useState<LiveStream>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the statement.
  useEffect(() => {
    const made = new LiveStream(portsOf(connection.api, statement));
    const isOpen = () => connection.state().kind === 'open';
    let wasOpen = isOpen();
    const forget = connection.onChange(() => {
      if (isOpen() === wasOpen) return;
      wasOpen = isOpen();
      if (wasOpen) made.regain();
      else made.lose();
    });
    made.start();
    setStream(made);
    return () => {
      forget();
      made.stop();
    };
  }, [connection, key]);
  return stream;
}

function portsOf(api: Api, statement: Statement): StreamPorts {
  return {
    open: (from, to) => {
      const input = { query: { statement }, ...(from === undefined ? {} : { from }) };
      const handle = api.live.open.subscribe(input, {
        onData: (told) => to.onEvent(eventIn(told)),
        onError: (error) => to.onFault(faultOf(error)),
        onComplete: to.onEnd,
      });
      return () => handle.unsubscribe();
    },
    nowMs: () => Date.now(),
    onFrame: (callback) => requestAnimationFrame(callback),
    after: (ms, callback) => setTimeout(callback, ms),
  };
}

export function useStatus(stream: LiveStream): StreamStatus {
  return useSyncExternalStore(stream.onChange, stream.status, stream.status);
}

/** Draws again with each change, or so often at most, milliseconds: people can't read sixty a second. */
export function useVersion(stream: LiveStream, everyMs = 0): number {
  const follow = useCallback(
    (notify: () => void) => {
      if (everyMs === 0) return stream.onChange(notify);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const forget = stream.onChange(() => {
        timer ??= setTimeout(() => {
          timer = undefined;
          notify();
        }, everyMs);
      });
      return () => {
        clearTimeout(timer);
        forget();
      };
    },
    [stream, everyMs],
  );
  return useSyncExternalStore(follow, stream.version, stream.version);
}
