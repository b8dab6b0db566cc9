// One subscriber by itself: what it asks for while it catches up.

import { expect, it } from 'vitest';
import { must } from '../../base/assert.ts';
import type { ChangeGroup } from '../live-queries.ts';
import type { ChangesSince } from '../process/live-protocol.ts';
import { Subscriber } from './subscriber.ts';
import { HeldResult } from './testing-readers.ts';

function groupOf(changeId: number): ChangeGroup {
  return {
    origins: [],
    changes: [{ type: 'insert', rowId: changeId, cells: `[${changeId}]`, changeId }],
  };
}

it('asks for nothing while it still takes what it was given', () => {
  const asked: { readonly from: number; readonly settle: (since: ChangesSince) => void }[] = [];
  const query = { id: 'q', isFilling: false, changeId: 0 };
  const sink = new HeldResult();
  const faults: unknown[] = [];
  const subscriber = new Subscriber({
    query,
    sink,
    limits: { queueChangesMax: 100, queueBytesMax: 1_000 },
    skipRows: false,
    host: {
      since: (_id, from, settle) => void asked.push({ from, settle }),
      openSnapshot: () => 1,
      credit: () => undefined,
      closeSnapshot: () => undefined,
      onLeft: () => undefined,
      onSinkFault: (error) => void faults.push(error),
      monotonicMs: () => 0,
    },
  });
  subscriber.begin();
  subscriber.onSnapshot(0);
  subscriber.onSnapshotEnd();
  // The process was started anew, and is three changes further.
  query.changeId = 3;
  subscriber.onAttached();
  must(asked[0], 'it asks for what it missed').settle({
    kind: 'groups',
    groups: [groupOf(1), groupOf(2), groupOf(3)],
  });
  expect(asked.map(({ from }) => from)).toEqual([0]);
  expect(sink.changeId).toBe(3);
  // The answer may be a part: the next is asked for when this one is taken.
  query.changeId = 6;
  subscriber.onAttached();
  must(asked[1], 'it asks again').settle({ kind: 'groups', groups: [groupOf(4), groupOf(5)] });
  must(asked[2], 'and for the rest').settle({ kind: 'groups', groups: [groupOf(6)] });
  expect(asked.map(({ from }) => from)).toEqual([0, 3, 5]);
  expect(sink.changeId).toBe(6);
  expect(faults).toEqual([]);
});
