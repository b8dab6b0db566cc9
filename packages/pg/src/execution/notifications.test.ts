// NOTIFY reaches the sessions of this node that listen, and changes of tables do too.

import type { WatchGroup, WatchRequest, WatchSink } from '@patina/engine/live/live-queries.ts';
import { expect, test } from 'vitest';
import { type Listener, NotificationHub } from './notifications.ts';

interface Watching {
  readonly request: WatchRequest;
  readonly sink: WatchSink;
  isClosed: boolean;
}

function makeHub(): { hub: NotificationHub; watches: Watching[] } {
  const watches: Watching[] = [];
  const hub = new NotificationHub({
    live: {
      watch: async (request, sink) => {
        const watching = { request, sink, isClosed: false };
        watches.push(watching);
        const close = (): void => {
          watching.isClosed = true;
        };
        return { close };
      },
    },
  });
  return { hub, watches };
}

function makeListener(): Listener & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    notify: (processId, channel, payload) => heard.push(`${processId} ${channel} ${payload}`),
  };
}

test('a notification reaches all who listen, the sender included, and nobody else', () => {
  const { hub } = makeHub();
  const [one, other, third] = [makeListener(), makeListener(), makeListener()];
  hub.listen('a', one);
  hub.listen('a', one);
  hub.listen('a', other);
  hub.listen('b', third);
  hub.notify(7, 'a', 'x');
  hub.unlisten('a', one);
  hub.notify(8, 'a', '');
  expect(one.heard).toEqual(['7 a x']);
  expect(other.heard).toEqual(['7 a x', '8 a ']);
  expect(third.heard).toEqual([]);
  hub.unlisten('*', other);
  hub.unlisten('*', third);
  expect(hub.channels).toBe(0);
});

test('changes of a table are told by one watch for all, which ends with the last', async () => {
  const { hub, watches } = makeHub();
  const [one, other] = [makeListener(), makeListener()];
  hub.listen('table:items', one);
  hub.listen('table:items', other);
  await expect.poll(() => watches.length).toBe(1);
  expect(watches[0]?.request.table).toBe('items');
  const group: WatchGroup = {
    origins: [],
    cursor: 'c',
    notices: [
      { type: 'update', key: '[1,"a"]', row: undefined },
      { type: 'delete', key: `["${'x'.repeat(9_000)}"]`, row: undefined },
    ],
  };
  void watches[0]?.sink.onGroup(group);
  expect(one.heard).toEqual([
    '0 table:items {"type":"update","key":[1,"a"]}',
    '0 table:items {"type":"delete"}',
  ]);
  expect(other.heard).toEqual(one.heard);
  hub.unlisten('*', one);
  expect(watches[0]?.isClosed).toBe(false);
  hub.unlisten('*', other);
  expect(watches[0]?.isClosed).toBe(true);
});
