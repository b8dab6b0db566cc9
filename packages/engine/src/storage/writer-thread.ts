// The writer thread: owns the only write connection to the database. Transactions that wait together are
// committed together; between requests it looks for writes of other programs and does housekeeping.

import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../base/assert.ts';
import type { LocalTransaction, LocalVersion } from '../ports.ts';
import { Host, type HostOptions } from './host.ts';
import { toPlain } from './plain-error.ts';
import type {
  FromWriter,
  ToWriter,
  WriterAnswer,
  WriterRequest,
  WriterRequestKind,
  WriterRequests,
} from './writer-protocol.ts';

/** How often other programs' writes are looked for; one look costs a few microseconds. */
const foreignPollMs = 25;

/** How often the WAL and free pages are looked after. */
const maintainPeriodMs = 10_000;

/** Transactions in one commit: a fuller group would only make the first of it wait. */
const groupTransactionsMax = 512;

const port = must(parentPort, 'the writer runs as a worker thread');

function post(message: FromWriter): void {
  port.postMessage(message);
}

type Handlers = {
  [Kind in Exclude<WriterRequestKind, 'transact'>]: (
    input: WriterRequests[Kind][0],
    versions: LocalVersion[],
  ) => WriterRequests[Kind][1];
};

function handlersOf(host: Host): Handlers {
  const { replica } = host;
  return {
    merge: (chunks, versions) => {
      const { adopted, ...outcome } = replica.merge(chunks);
      versions.push(...adopted);
      return outcome;
    },
    retryQuarantined: (_none, versions) => {
      const { adopted, ...outcome } = replica.retryQuarantined('due');
      versions.push(...adopted);
      return outcome;
    },
    firstQuarantined: (actorId) => replica.firstQuarantined(actorId),
    recordEmpty: (empty) => replica.recordEmpty(empty),
    identity: () => host.identity(),
    becomeActor: (actorId) => host.becomeActor(actorId),
    loadMembers: () => host.loadMembers(),
    saveMembers: (members) => void host.saveMembers(members),
    saveLag: (rows) => void host.saveLag(rows),
    saveSubscriptions: (rows) => void host.saveSubscriptions(rows),
    verify: () => replica.verifyBookkeeping(),
    schemaDdl: () => host.schemaDdl(),
    planSchema: (request) => host.planSchema(request),
    applySchema: (request, versions) => {
      const { versions: made, ...outcome } = host.applySchema(request);
      versions.push(...made);
      return outcome;
    },
    versionInfo: ({ actorId, version }) => host.versionInfo(actorId, version),
    backup: (path) => void host.backup(path),
    checkpoint: () => host.checkpoint(),
  };
}

function isTransact(request: WriterRequest): request is WriterRequest<'transact'> {
  return request.kind === 'transact';
}

function answerBatch(host: Host, handlers: Handlers, requests: readonly WriterRequest[]): void {
  const answers: WriterAnswer[] = [];
  const versions: LocalVersion[] = [];
  let group: LocalTransaction[] = [];
  const flush = (): void => {
    if (group.length > 0) answers.push(...runGroup(host, group, versions));
    group = [];
  };
  for (const request of requests) {
    if (isTransact(request)) {
      group.push(request.input);
      if (group.length >= groupTransactionsMax) flush();
      continue;
    }
    flush();
    answers.push(answerOne(handlers, request, versions));
  }
  flush();
  post({ kind: 'answers', answers, versions });
}

function runGroup(
  host: Host,
  group: readonly LocalTransaction[],
  versions: LocalVersion[],
): WriterAnswer[] {
  try {
    const result = host.replica.transact(group);
    versions.push(...result.versions);
    return result.outcomes.map((outcome) => ({
      ok: true,
      value: outcome.ok ? outcome : { ok: false, error: toPlain(outcome.error) },
    }));
  } catch (error) {
    // The commit failed: nothing of the group happened, and each is told so.
    const plain = toPlain(error);
    return group.map(() => ({ ok: true, value: { ok: false, error: plain } }));
  }
}

function answerOne(
  handlers: Handlers,
  request: WriterRequest,
  versions: LocalVersion[],
): WriterAnswer {
  try {
    return { ok: true, value: call(handlers, request, versions) };
  } catch (error) {
    return { ok: false, error: toPlain(error) };
  }
}

function call(handlers: Handlers, request: WriterRequest, versions: LocalVersion[]): unknown {
  // The table of handlers has the input type of each kind; TypeScript cannot follow the pairing.
  const handler = handlers[request.kind as keyof Handlers] as (
    input: unknown,
    versions: LocalVersion[],
  ) => unknown;
  return handler(request.input, versions);
}

function run(host: Host): void {
  const handlers = handlersOf(host);
  const poll = setInterval(() => {
    try {
      const version = host.replica.adoptForeignWrites();
      if (version !== undefined) post({ kind: 'versions', versions: [version] });
    } catch {
      // Another program holds the lock: the next look finds the same writes.
    }
  }, foreignPollMs);
  const maintain = setInterval(() => {
    try {
      host.maintain();
    } catch {
      // Housekeeping that cannot be done now is done the next time.
    }
  }, maintainPeriodMs);
  port.on('message', (message: ToWriter) => {
    if (message.kind === 'batch') {
      answerBatch(host, handlers, message.requests);
      return;
    }
    clearInterval(poll);
    clearInterval(maintain);
    host.close();
    post({ kind: 'closed' });
    port.close();
  });
}

try {
  const host = new Host(workerData as HostOptions);
  run(host);
  post({ kind: 'opened', opened: host.opened });
} catch (error) {
  post({ kind: 'failed', error: toPlain(error) });
  port.close();
}
