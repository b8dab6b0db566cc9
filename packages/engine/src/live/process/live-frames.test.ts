// Whatever the main thread and the live process tell each other arrives as it was sent; what is no message
// is refused, and never read past its end.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ActorId } from '../../base/actor-id.ts';
import { PatinaError } from '../../base/errors.ts';
import { frameHeaderBytes } from '../../storage/reader-protocol.ts';
import { decodeFromLive, encodeFromLive } from './from-live-frames.ts';
import type { FromLive, LiveAnswer, LiveQuestion, ToLive } from './live-protocol.ts';
import { decodeToLive, encodeToLive } from './to-live-frames.ts';

const count = fc.maxSafeNat();
const text = fc.string({ unit: 'binary', maxLength: 60 }).map((value) => value.toWellFormed());
const texts = fc.array(text, { maxLength: 5 });
const maybeText = fc.option(text, { nil: undefined });
const ms = fc.double({ noNaN: true, min: 0 });
const actorId = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 32, maxLength: 32 })
  .map((digits) => digits.join('') as ActorId);
const param = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }).filter((value) => !Number.isSafeInteger(value)),
  text,
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);
const params = fc.oneof(fc.array(param, { maxLength: 4 }), fc.dictionary(text, param).map(mapOf));
const error = fc
  .record({ message: text, hint: fc.option(text.filter((hint) => hint !== '')) })
  .map(({ message, hint }) => new PatinaError('PATINA_SQL_ERROR', message, hint ? { hint } : {}));

function mapOf<T>(values: Record<string, T>): ReadonlyMap<string, T> {
  return new Map(Object.entries(values));
}

const origin = fc.record({ actorId, version: count, hlc: count });
const change = fc.record(
  {
    type: fc.constantFrom('insert' as const, 'update' as const, 'delete' as const),
    rowId: count,
    cells: text,
    position: fc.nat(),
  },
  { requiredKeys: ['type', 'rowId', 'cells'] },
);
const group = fc
  .record({
    origins: fc.array(origin, { maxLength: 3 }),
    firstId: fc.nat(),
    changes: fc.array(change, { maxLength: 6 }),
  })
  .map(({ origins, firstId, changes }) => ({
    origins,
    changes: changes.map((each, index) => ({ ...each, changeId: firstId + index })),
  }));
const notice = fc.record({
  type: fc.constantFrom('update' as const, 'delete' as const),
  key: text,
  row: maybeText,
});
const watchGroup = fc.record({
  origins: fc.array(origin, { maxLength: 3 }),
  notices: fc.array(notice, { maxLength: 4 }),
  cursor: text,
});
const mode = fc.constantFrom('key-wise' as const, 'group-wise' as const, 're-run' as const);
const query = fc.record({
  id: text,
  hash: text,
  columns: texts,
  isOrdered: fc.boolean(),
  state: fc.constantFrom('filling' as const, 'live' as const),
  changeId: count,
});
const stats = fc.record({
  id: text,
  hash: text,
  sql: text,
  mode,
  state: fc.constantFrom('filling' as const, 'live' as const, 'failed' as const),
  subscribers: count,
  rows: count,
  changeId: count,
  evaluations: count,
  evaluationMs: ms,
  costMsPerSecond: ms,
  lagged: count,
  createdMs: ms,
});
const explanation = fc.record({
  mode,
  sql: text,
  columns: texts,
  isOrdered: fc.boolean(),
  reasons: texts,
  tables: fc.array(
    fc.record({
      table: text,
      columns: fc.oneof(texts, fc.constant('all' as const)),
      reaction: fc.constantFrom('keys' as const, 're-run' as const),
    }),
    { maxLength: 3 },
  ),
  indexedBy: texts,
  queryPlan: texts,
});

const queryText = fc.record({ sql: text, params, role: text });
const question: fc.Arbitrary<LiveQuestion> = fc.oneof(
  fc.record({ kind: fc.constantFrom('subscribe' as const, 'lookup' as const), query: queryText }),
  fc.record({ kind: fc.constantFrom('attach', 'explain-query', 'drop'), id: text }),
  fc.record({ kind: fc.constant('since' as const), id: text, changeId: count }),
  fc.record({
    kind: fc.constant('watch' as const),
    watch: fc.record({
      watchId: text,
      table: text,
      from: maybeText,
      filter: maybeText,
      images: fc.boolean(),
    }),
  }),
  fc.record({ kind: fc.constant('explain' as const), query: fc.record({ sql: text, params }) }),
  fc.constant({ kind: 'list' as const }),
);

const limits = fc.record({
  queriesMax: count,
  queryRowsMax: count,
  rowsMax: count,
  rerunRowsMax: count,
  changesMax: count,
  snapshotChangesMax: count,
});
const toLive: fc.Arbitrary<ToLive> = fc.oneof(
  fc.record({
    kind: fc.constant('configure' as const),
    configuration: fc.record({ databasePath: text, statePath: text, limits, statementMsMax: ms }),
  }),
  fc.record({ kind: fc.constantFrom('begin', 'wake', 'close') }),
  fc.record({ kind: fc.constant('question' as const), request: count, question }),
  fc.record({ kind: fc.constant('detach' as const), id: text }),
  fc.record({ kind: fc.constant('unwatch' as const), watchId: text }),
  fc.record({ kind: fc.constant('open-snapshot' as const), stream: count, id: text }),
  fc.record({ kind: fc.constant('credit' as const), stream: count, pages: count }),
  fc.record({ kind: fc.constant('close-snapshot' as const), stream: count }),
);

const answer: fc.Arbitrary<LiveAnswer> = fc.oneof(
  fc.record({ kind: fc.constant('query' as const), query: fc.option(query, { nil: undefined }) }),
  fc.record({
    kind: fc.constant('since' as const),
    since: fc.oneof(
      fc.record({
        kind: fc.constant('groups' as const),
        groups: fc.array(group, { maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('too-old' as const), minChangeId: count }),
      fc.record({ kind: fc.constant('future' as const), changeId: count }),
    ),
  }),
  fc.record({
    kind: fc.constant('watching' as const),
    opened: fc.record({
      id: text,
      key: texts,
      columns: texts,
      start: fc.constantFrom('now' as const, 'resumed' as const, 'restarted' as const),
      reason: maybeText,
      cursor: text,
    }),
    backlog: fc.array(watchGroup, { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant('explanation' as const),
    explanation: fc.option(explanation, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('list' as const), queries: fc.array(stats, { maxLength: 3 }) }),
  fc.constant({ kind: 'done' as const }),
  fc.record({ kind: fc.constant('refused' as const), error }),
);
const fromLive: fc.Arbitrary<FromLive> = fc.oneof(
  fc.record({ kind: fc.constantFrom('ready', 'working') }),
  fc.record({ kind: fc.constant('start-failed' as const), error }),
  fc.record({ kind: fc.constant('answer' as const), request: count, answer }),
  fc.record({ kind: fc.constant('group' as const), id: text, group }),
  fc.record({ kind: fc.constant('watch-group' as const), watchId: text, group: watchGroup }),
  fc.record({ kind: fc.constant('filled' as const), id: text, changeId: count }),
  fc.record({ kind: fc.constant('query-failed' as const), id: text, error }),
  fc.record({ kind: fc.constant('watch-ended' as const), watchId: text, error }),
  fc.record({ kind: fc.constant('snapshot' as const), stream: count, changeId: count }),
  fc.record({
    kind: fc.constant('rows' as const),
    stream: count,
    count,
    lines: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  }),
  fc.record({ kind: fc.constant('snapshot-end' as const), stream: count }),
  fc.record({ kind: fc.constant('snapshot-failed' as const), stream: count, error }),
  fc.record({
    kind: fc.constant('totals' as const),
    totals: fc.record({ queries: count, watches: count, rows: count, evaluations: count }),
  }),
);

/** What a frame says, or the code with which it is refused. */
function decoded<T>(decode: (kind: number, payload: Uint8Array) => T, frame: Buffer): T | string {
  try {
    return decode(frame[4] ?? 0, frame.subarray(frameHeaderBytes));
  } catch (cause) {
    if (cause instanceof PatinaError) return cause.code;
    throw cause;
  }
}

it('messages to the live process arrive as they were sent', () => {
  fc.assert(
    fc.property(toLive, (message) => {
      const frame = encodeToLive(message);
      expect(frame.readUInt32LE(0)).toBe(frame.length - frameHeaderBytes);
      expect(decoded(decodeToLive, frame)).toEqual(message);
    }),
  );
});

it('messages of the live process arrive as they were sent', () => {
  fc.assert(
    fc.property(fromLive, (message) => {
      const frame = encodeFromLive(message);
      expect(frame.readUInt32LE(0)).toBe(frame.length - frameHeaderBytes);
      const back = decoded(decodeFromLive, frame);
      expect(back).toEqual(message);
    }),
  );
});

it('bytes that are no message are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 5, maxLength: 80 }), (bytes) => {
      for (const decode of [decodeToLive, decodeFromLive]) {
        const outcome = decoded<unknown>(decode, Buffer.from(bytes));
        if (typeof outcome === 'string') expect(outcome).toBe('PATINA_WIRE_MALFORMED');
      }
    }),
    { numRuns: 500 },
  );
});

it('a message that is cut short is refused', () => {
  fc.assert(
    fc.property(toLive, fc.nat(), (message, cut) => {
      const frame = encodeToLive(message);
      const kept = frameHeaderBytes + (cut % Math.max(1, frame.length - frameHeaderBytes));
      if (kept >= frame.length) return;
      const outcome = decoded<unknown>(decodeToLive, frame.subarray(0, kept));
      expect(outcome).toBe('PATINA_WIRE_MALFORMED');
    }),
  );
});
