// The procedures without HTTP: every one says who may call it and is closed to all others, errors carry
// their codes, and what is merged from several nodes is in order.

import { actorIdFromBytes } from '@patina/engine/base/actor-id.ts';
import { must } from '@patina/engine/base/assert.ts';
import { errorCodes, errorKind, PatinaError } from '@patina/engine/base/errors.ts';
import type { LiveQueries, LiveSink } from '@patina/engine/live/live-queries.ts';
import { getTRPCErrorFromUnknown, isTrackedEnvelope } from '@trpc/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { procedureAccess, questionTables, routeAccess } from './access/access-table.ts';
import { type Principal, tokenHolder } from './access/principal.ts';
import { ApiSessions } from './api-sessions.ts';
import { httpRouteNames } from './http-routes.ts';
import type { AskAllLimits, AskLimits, NodeAnswer } from './insights/insights.ts';
import { type QuestionOf, questions } from './insights/questions.ts';
import { nodeEventSchema } from './insights/shapes.ts';
import { closedAccess, noActions, noReadings, unchangedSchema } from './insights/unanswered.ts';
import { type ApiContext, createCallerFactory, patinaErrorOf } from './procedures.ts';
import { includesRole, leastRoles, roles } from './roles.ts';
import { apiRouter } from './router.ts';
import type { Member } from './schemas.ts';

const self = actorIdFromBytes(new Uint8Array(16));
const other = actorIdFromBytes(new Uint8Array(16).fill(1));
const gone = actorIdFromBytes(new Uint8Array(16).fill(2));

const refuse = (): Promise<never> =>
  Promise.reject(new PatinaError('PATINA_NOT_READY', 'not in this test'));

/** Answers of nodes by name of the question; what is missing is unreachable. */
type Told = Readonly<Record<string, (node: string, input: unknown, limits: AskLimits) => unknown>>;

function contextOf(told: Told, changes: Partial<ApiContext> = {}, live?: LiveQueries): ApiContext {
  async function ask<TAsked, TInput, TTold, TAnswer>(
    node: string | undefined,
    question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
    input: TAsked,
    limits: AskLimits = {},
  ): Promise<TAnswer> {
    const answer = told[question.name];
    if (answer === undefined || node === gone) {
      throw new PatinaError('PATINA_PEER_UNREACHABLE', 'nobody answers', { hint: 'look' });
    }
    const parsed = question.input.parse(input);
    return question.output.parse(await answer(node ?? self, parsed, limits));
  }
  async function askAll<TAsked, TInput, TTold, TAnswer>(
    question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
    inputOf: (node: typeof self) => TAsked,
    { nodes = [self, other, gone] }: AskAllLimits = {},
  ): Promise<NodeAnswer<TAnswer>[]> {
    return Promise.all(
      nodes.map(async (node): Promise<NodeAnswer<TAnswer>> => {
        const who = { actor_id: node, address: `address of ${node}` };
        try {
          return { ...who, ok: true, answer: await ask(node, question, inputOf(node)) };
        } catch {
          return { ...who, ok: false, error: { error: 'gone', code: 'PATINA_PEER_UNREACHABLE' } };
        }
      }),
    );
  }
  return {
    service: {
      actorId: () => self,
      transact: refuse,
      dryRun: refuse,
      query: refuse,
      live: must(live ?? noLive, 'a fake'),
      insights: { ask, askAll },
      schema: unchangedSchema,
      readings: noReadings,
      actions: noActions,
      tableStats: refuse,
      health: async () => ({ gaps: 0, members: 3, p99_lag: null, queue_size: 0 }),
      members: async () => [],
      lag: async () => [],
      waitFor: refuse,
      metricsText: refuse,
    },
    access: closedAccess,
    audit: () => undefined,
    sessions: new ApiSessions(),
    principal: tokenHolder,
    client: 'test',
    ...changes,
  };
}

const noLive: LiveQueries = {
  open: refuse,
  watch: refuse,
  list: async () => [],
  info: refuse,
  explain: refuse,
  explainSql: refuse,
  drop: refuse,
  wake: () => undefined,
  stats: () => ({
    queries: 0,
    subscribers: 0,
    watches: 0,
    rows: 0,
    evaluations: 0,
    changes: 0,
    lagged: 0,
    restarts: 0,
  }),
  stop: async () => undefined,
};

const createCaller = createCallerFactory(apiRouter);

const definitionSchema = z.looseObject({ meta: z.unknown(), type: z.string() });

/** Every procedure with what it says of itself. */
const procedures = Object.entries<unknown>(apiRouter._def.procedures).map(
  ([path, procedure]) =>
    [path, { _def: definitionSchema.parse(Reflect.get(Object(procedure), '_def')) }] as const,
);

async function failureOf(run: Promise<unknown>): Promise<PatinaError> {
  try {
    await run;
  } catch (error) {
    return patinaErrorOf(getTRPCErrorFromUnknown(error));
  }
  throw new Error('it did not fail');
}

test('every procedure is in the table of access, and nothing else is', () => {
  expect(procedures.length).toBeGreaterThan(45);
  expect(procedures.map(([path]) => path).sort()).toEqual([...procedureAccess.keys()].sort());
  for (const [path, { role }] of procedureAccess) expect(role, path).not.toBe('anyone');
  expect(Object.keys(routeAccess).sort()).toEqual([...httpRouteNames].sort());
  expect(Object.keys(questionTables).sort()).toEqual(Object.keys(questions).sort());
});

test('what changes something needs more than a reader, and secrets need an admin', () => {
  const roleOf = (path: string): string | undefined => procedureAccess.get(path)?.role;
  const mutations = procedures.filter(([, { _def }]) => _def.type === 'mutation');
  expect(Object.fromEntries(mutations.map(([path]) => [path, roleOf(path)]))).toEqual({
    'access.changeUser': 'admin',
    'access.createToken': 'admin',
    'access.createUser': 'admin',
    'access.removeUser': 'admin',
    'access.revokeToken': 'admin',
    'cluster.leave': 'admin',
    'cluster.rejoin': 'admin',
    'live.close': 'admin',
    'nodes.backup': 'admin',
    'nodes.checkpoint': 'admin',
    'nodes.setLogLevel': 'admin',
    'replication.requestSync': 'admin',
    'schema.plan': 'schema',
    'schema.applySchema': 'schema',
    'sql.cancel': 'reader',
    'sql.dryRun': 'writer',
    'sql.execute': 'writer',
  });
  for (const path of ['access.tokens', 'access.users', 'access.audit']) {
    expect(roleOf(path)).toBe('admin');
  }
  expect(roleOf('nodes.config')).toBe('admin');
  expect(roleOf('nodes.logs')).toBe('admin');
});

test('every procedure lets in whom the table lets in, and nobody else', async () => {
  const limited = ['t*'];
  const principals: Principal[] = roles.flatMap((role) => [
    { name: role, roles: [role] },
    { name: `${role} of some tables`, roles: [role], tables: limited },
  ]);
  for (const principal of principals) {
    const caller = createCaller(contextOf({}, { principal }));
    for (const [path, access] of procedureAccess) {
      const role = access.role === 'anyone' ? 'metrics' : access.role;
      const isRefused =
        !includesRole(principal.roles, role) ||
        (access.tables === 'all' && principal.tables !== undefined);
      const error = await failureOf(callOf(caller, path));
      expect(error.code === 'PATINA_FORBIDDEN', `${path} by ${principal.name}`).toBe(isRefused);
    }
  }
});

test('nobody calls what needs a role that he does not have', async () => {
  const nobody: Principal = { name: 'nobody', roles: [] };
  const caller = createCaller(contextOf({}, { principal: nobody }));
  for (const [path] of procedures) {
    const error = await failureOf(callOf(caller, path));
    expect(error.code, path).toBe('PATINA_FORBIDDEN');
    expect(errorKind(error.code).httpStatus).toBe(403);
  }
});

test('roles contain what they should', () => {
  for (const role of roles) {
    expect(includesRole(['admin'], role)).toBe(true);
    expect(includesRole([role], role)).toBe(true);
  }
  expect(includesRole(['reader'], 'writer')).toBe(false);
  expect(includesRole(['writer'], 'schema')).toBe(false);
  expect(includesRole(['schema'], 'writer')).toBe(false);
  expect(includesRole(['metrics'], 'reader')).toBe(false);
  expect(includesRole(['reader'], 'metrics')).toBe(true);
  expect(leastRoles(['metrics', 'reader', 'writer'])).toEqual(['writer']);
  expect(leastRoles(['schema', 'writer'])).toEqual(['writer', 'schema']);
});

/** Calls without input: what is let in fails of its input, or answers. */
async function callOf(caller: unknown, path: string): Promise<unknown> {
  const [space, name] = path.split('.');
  const call: unknown = Reflect.get(Object(Reflect.get(Object(caller), space ?? '')), name ?? '');
  if (typeof call !== 'function') throw new Error(`${path} cannot be called`);
  await Reflect.apply(call, undefined, [undefined]);
  throw new PatinaError('PATINA_NOT_READY', 'it answered');
}
test('errors keep their codes; a wrong input is one of the caller', async () => {
  const caller = createCaller(contextOf({}));
  expect((await failureOf(caller.nodes.detail())).code).toBe('PATINA_PEER_UNREACHABLE');
  const wrong = await failureOf(caller.replication.gaps({ limit: 1_001 }));
  expect(wrong.code).toBe('PATINA_BODY_INVALID');
  expect(wrong.message).toContain('limit');
  expect(errorCodes).toContain(wrong.code);
});

test('matrices have a row for each node, also for those that do not answer', async () => {
  const cell = { versions: 2, ms: 5, gap_versions: 1, gaps: 1, partials: 0 };
  const lag = (observer: string): unknown => [{ actor_id: observer, head: 7, ...cell }];
  const matrix = await createCaller(contextOf({ lag })).replication.lagMatrix();
  expect(matrix.map(({ actor_id, ok }) => [actor_id, ok])).toEqual([
    [self, true],
    [other, true],
    [gone, false],
  ]);
  expect(matrix[1]).toMatchObject({ answer: [{ actor_id: other, versions: 2 }] });
});

test('events of all nodes come as one list, in pages without holes or repeats', async () => {
  const input = z.object({ limit: z.number(), before: z.number().optional() });
  const events = (node: string, asked: unknown): unknown => {
    const { limit, before = 1_000 } = input.parse(asked);
    const kind = 'started';
    const all = Array.from({ length: 10 }, (_, index) => 10 * (10 - index)).map((hlc) => {
      return { hlc, at_ms: hlc, actor_id: node, kind, text: 'x', fields: {} };
    });
    return all.filter(({ hlc }) => hlc < before).slice(0, limit);
  };
  const caller = createCaller(contextOf({ events }));
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await caller.cluster.events({ limit: 3, cursor });
    expect(page.items.length).toBeLessThanOrEqual(3);
    expect(page.unreachable).toEqual([gone]);
    seen.push(...page.items.map(({ hlc, actor_id }) => `${hlc}:${actor_id}`));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen.length).toBe(20);
  expect(new Set(seen).size).toBe(20);
  const failed = await failureOf(caller.cluster.events({ cursor: 'x' }));
  expect(failed.code).toBe('PATINA_CURSOR_INVALID');
});

test('a running query is cancelled by its id, and its id is free again', async () => {
  const query = (_node: string, _input: unknown, { signal }: AskLimits): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () =>
        reject(new PatinaError('PATINA_STREAM_CLOSED', 'cancelled')),
      );
    });
  const caller = createCaller(contextOf({ query }));
  const asked = { statement: 'SELECT 1', query_id: 'query-1234' };
  const first = failureOf(caller.sql.query(asked));
  expect((await failureOf(caller.sql.query(asked))).code).toBe('PATINA_BAD_REQUEST');
  expect(await caller.sql.cancel({ query_id: 'query-1234' })).toEqual({ canceled: true });
  expect((await first).code).toBe('PATINA_STREAM_CLOSED');
  expect(await caller.sql.cancel({ query_id: 'query-1234' })).toEqual({ canceled: false });
});

test('a live query is told in events, with ids only where one may resume', async () => {
  let taken: LiveSink | undefined;
  let closed = 0;
  const id = '9f8b1f6e-0c3d-4c55-9a57-2f1f3a8e0d11';
  const opened = { id, hash: '00', columns: ['n'], isOrdered: false } as const;
  const live: LiveQueries = {
    ...noLive,
    async open(request, sink) {
      taken = sink;
      expect(request).toMatchObject({ from: `${id}:3`, role: 'admin', client: 'test' });
      sink.onOpened({ ...opened, start: 'restarted', reason: 'why' });
      void sink.onRows(Buffer.from('{"row":[1,[9007199254740993]]}\n{"row":[2,[null]]}\n'), 2);
      sink.onSnapshotEnd({ changeId: 4, timeMs: 1 });
      const change = { type: 'delete', rowId: 2, cells: '[null]', changeId: 5 } as const;
      void sink.onGroup({ origins: [{ actorId: other, version: 8, hlc: 9 }], changes: [change] });
      return {
        opened: { ...opened, start: 'restarted', reason: 'why' },
        close: () => void closed++,
      };
    },
  };
  const context = contextOf({}, {}, live);
  const stream = await createCaller(context).live.open({
    query: { statement: 'SELECT n FROM t' },
    from: 0,
    lastEventId: `${id}:3`,
  });
  const told: unknown[] = [];
  for await (const event of stream) {
    if (isTrackedEnvelope(event)) told.push([event[0], Reflect.get(Object(event[1]), 'kind')]);
    else told.push(event);
    if (told.length === 4) break;
  }
  expect(told).toEqual([
    {
      kind: 'opened',
      ...{ id, hash: '00', columns: ['n'], ordered: false },
      start: 'restarted',
      reason: 'why',
    },
    {
      kind: 'rows',
      rows: [
        [1, [9_007_199_254_740_993n]],
        [2, [null]],
      ],
    },
    [`${id}:4`, 'snapshot-end'],
    [`${id}:5`, 'changes'],
  ]);
  expect(closed).toBe(1);
  expect(context.sessions.subscriptions).toBe(0);
  expect(taken).toBeDefined();
});

test('events are followed from where each node was left', async () => {
  const asked: unknown[] = [];
  const place = z.object({ after: z.number().optional() });
  const events = (node: string, input: unknown): unknown => {
    const { after = 0 } = place.parse(input);
    asked.push([node, after]);
    const known = node === self ? [100, 200] : [150];
    return known
      .filter((hlc) => hlc > after)
      .map((hlc) => ({ hlc, at_ms: hlc, actor_id: node, kind: 'started', text: 'x', fields: {} }));
  };
  const caller = createCaller(contextOf({ events }));
  const seen: unknown[] = [];
  let lastEventId = '';
  for (const resumed of [undefined, `100:${self}`]) {
    const stream: AsyncIterable<unknown> = await caller.cluster.onEvents({ lastEventId: resumed });
    for await (const event of stream) {
      if (!isTrackedEnvelope(event)) throw new Error('every list of events has an id');
      lastEventId = event[0];
      seen.push(
        z
          .array(nodeEventSchema)
          .parse(event[1])
          .map(({ hlc }) => hlc),
      );
      break;
    }
  }
  expect(seen).toEqual([
    [100, 150, 200],
    [150, 200],
  ]);
  expect(asked).toContainEqual([self, 100]);
  expect(lastEventId.split(',').toSorted()).toEqual([`150:${other}`, `200:${self}`].toSorted());
});

test('live queries of all nodes are told at once, and until nobody follows', async () => {
  const context = contextOf({ live: () => [] });
  const stream: AsyncIterable<unknown> = await createCaller(context).live.onList();
  for await (const told of stream) {
    expect(told).toMatchObject([
      { actor_id: self, ok: true, answer: [] },
      { actor_id: other, ok: true, answer: [] },
      { actor_id: gone, ok: false, error: { code: 'PATINA_PEER_UNREACHABLE' } },
    ]);
    expect(context.sessions.subscriptions).toBe(1);
    break;
  }
  expect(context.sessions.subscriptions).toBe(0);
});

test('a dry run tells counts, and the first failure with what to do', async () => {
  const { service } = contextOf({});
  const error = new PatinaError('PATINA_SQL_CONSTRAINT', 'it is taken', { hint: 'take another' });
  const asked: unknown[] = [];
  const dryRun: typeof service.dryRun = async (statements, { timeoutMs }) => {
    asked.push(statements, timeoutMs);
    return {
      results: [
        { ok: true, rowsAffected: 2 },
        { ok: false, error },
      ],
      timeMs: 3,
    };
  };
  const caller = createCaller(contextOf({}, { service: { ...service, dryRun } }));
  const statements = ['DELETE FROM t', { query: 'INSERT INTO t VALUES (?)', params: [1] }];
  expect(await caller.sql.dryRun({ statements, timeout_ms: 70 })).toEqual({
    results: [
      { rows_affected: 2 },
      { error: 'it is taken', code: 'PATINA_SQL_CONSTRAINT', hint: 'take another' },
    ],
    time_ms: 3,
  });
  expect(asked).toMatchObject([[{ sql: 'DELETE FROM t' }, { params: [1] }], 70]);
  expect((await failureOf(caller.sql.dryRun({ statements: [] }))).code).toBe('PATINA_BODY_INVALID');
});

test('readings of the cluster are passed on, and counted while somebody follows', async () => {
  const { service } = contextOf({});
  const lag = { at_ms: 2, observers: [] };
  const readings: typeof service.readings = {
    ...noReadings,
    async *lag() {
      yield lag;
    },
  };
  const context = contextOf({}, { service: { ...service, readings } });
  const caller = createCaller(context);
  const stream: AsyncIterable<unknown> = await caller.replication.onLag();
  for await (const told of stream) {
    expect(told).toEqual(lag);
    expect(context.sessions.subscriptions).toBe(1);
  }
  expect(context.sessions.subscriptions).toBe(0);
  const watch: AsyncIterable<unknown> = await caller.cluster.watch();
  for await (const told of watch) expect(told).toBeUndefined();
  expect(context.sessions.subscriptions).toBe(0);
});

test('the answers of one node are followed, of the one that is named', async () => {
  const told = { name: 'writer', about: 'x', unit: 'writes', length: 2, limit: null };
  const caller = createCaller(contextOf({ queues: (node) => [{ ...told, about: node }] }));
  const stream: AsyncIterable<unknown> = await caller.nodes.onQueues({ node: other });
  for await (const queues of stream) {
    expect(queues).toEqual([{ ...told, about: other }]);
    break;
  }
  const unanswered: AsyncIterable<unknown> = await caller.nodes.onSwim({ node: gone });
  const first = unanswered[Symbol.asyncIterator]().next();
  expect((await failureOf(first)).code).toBe('PATINA_PEER_UNREACHABLE');
});

/** Members as a version is followed to them. */
async function membersOf(...ids: (typeof self)[]): Promise<Member[]> {
  return ids.map((actor_id) => {
    const measured = { incarnation: 0, rtt_ms: null, ring: null };
    return { actor_id, address: `at ${actor_id}`, state: 'alive', ...measured, is_self: false };
  });
}

test('a version is followed until every node has it or cannot say', async () => {
  const arrivals = new Map([self, other].map((node) => [`${node}`, Promise.withResolvers<void>()]));
  const visible = async (node: string, input: unknown): Promise<unknown> => {
    expect(input).toEqual({ actor_id: self, version: 3, kind: 'write' });
    await arrivals.get(node)?.promise;
    return {};
  };
  const { service } = contextOf({ visible });
  const members = () => membersOf(self, other, gone);
  const context = contextOf({}, { service: { ...service, members } });
  const stream = await createCaller(context).replication.onVersion({ actor_id: self, version: 3 });
  const seen: unknown[] = [];
  for await (const { nodes, is_done } of stream) {
    const have = nodes.flatMap(({ ms }, index) => (ms === null ? [] : [index]));
    seen.push([have, nodes.map(({ error }) => error), is_done]);
    if (seen.length === 2) arrivals.get(other)?.resolve();
    if (seen.length === 3) arrivals.get(self)?.resolve();
  }
  const failed = [null, null, 'nobody answers'];
  expect(seen).toEqual([
    [[], [null, null, null], false],
    [[], failed, false],
    [[1], failed, false],
    [[0, 1], failed, true],
  ]);
  expect(context.sessions.subscriptions).toBe(0);
});

test('nodes are no longer asked for a version that nobody follows, and few are followed', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const visible = (_node: string, _input: unknown, limits: AskLimits): Promise<never> => {
    signals.push(limits.signal);
    return new Promise(() => undefined);
  };
  const { service } = contextOf({ visible });
  const members = () => membersOf(self);
  const context = contextOf({}, { service: { ...service, members } });
  const caller = createCaller(context);
  const follow = async () => {
    const stream = await caller.replication.onVersion({ actor_id: self, version: 1 });
    return stream[Symbol.asyncIterator]();
  };
  const followed = await Promise.all(Array.from({ length: 6 }, follow));
  await Promise.all(followed.map((stream) => stream.next()));
  const seventh = await follow();
  expect((await failureOf(seventh.next())).code).toBe('PATINA_OVERLOADED');
  await Promise.all(followed.map((stream) => stream.return?.()));
  expect(signals.map((signal) => signal?.aborted)).toEqual(Array(6).fill(true));
  expect(context.sessions.subscriptions).toBe(0);
  const again = await follow();
  expect(await again.next()).toMatchObject({ done: false });
  await again.return?.();
});

test('actions are those of the node that answers, and are written down', async () => {
  const { service } = contextOf({});
  const written: unknown[] = [];
  const actions: typeof service.actions = {
    ...noActions,
    leave: async () => undefined,
    setLogLevel: async (level) => ({ level }),
    backup: async (path) => ({ path, bytes: 3, time_ms: 1 }),
  };
  const audit: ApiContext['audit'] = (event) => void written.push([event.kind, event.what]);
  const caller = createCaller(contextOf({}, { service: { ...service, actions }, audit }));
  expect(await caller.cluster.leave()).toEqual({});
  expect(await caller.nodes.setLogLevel({ level: 'debug' })).toEqual({ level: 'debug' });
  expect(await caller.nodes.backup({ path: '/b.db' })).toMatchObject({ path: '/b.db', bytes: 3 });
  expect((await failureOf(caller.nodes.checkpoint())).code).toBe('PATINA_NOT_READY');
  expect((await failureOf(caller.nodes.backup({ path: '' }))).code).toBe('PATINA_BODY_INVALID');
  expect(written).toEqual([
    ['admin', 'cluster.leave'],
    ['admin', 'nodes.setLogLevel'],
    ['admin', 'nodes.backup'],
    ['admin', 'nodes.checkpoint'],
    ['admin', 'nodes.backup'],
  ]);
});
