// Runs one case: real nodes write and merge, the engine follows, and after each pass every result is
// compared with the same SQL run afresh.

import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { createLiveEngine } from '@patina/engine/live/engine/engine.ts';
import type {
  EngineLimits,
  EnginePass,
  LiveEngine,
  LiveEngineOptions,
} from '@patina/engine/live/engine/engine-types.ts';
import { testStartMs } from '@patina/engine/storage/testing.ts';
import { differenceOf } from './compare.ts';
import { type Coverage, count, countCase } from './coverage.ts';
import { type FollowedQuery, foldSince, follow } from './followed-query.ts';
import { type FuzzCase, FuzzFailure, type FuzzStep } from './fuzz-case.ts';
import { FuzzNodes } from './fuzz-nodes.ts';
import { Oracle } from './oracle.ts';
import { SnapshotCheck } from './snapshot-check.ts';
import { render } from './sql-parts.ts';
import { WatchCheck } from './watch-check.ts';

const limits: EngineLimits = {
  queriesMax: 100,
  queryRowsMax: 200_000,
  rowsMax: 1_000_000,
  rerunRowsMax: 200_000,
  changesMax: 1_000,
  snapshotChangesMax: 10_000,
};

/** Passes after which an engine that still has something to do is taken for one that never ends. */
const passesMax = 1_000;

export interface RunOptions {
  /** A folder for the files of the case, which are removed at its end. */
  readonly folder: string;
  /** Makes the engine; a test can put one with a bug here. */
  readonly createEngine?: (options: LiveEngineOptions) => LiveEngine;
  readonly coverage?: Coverage;
}

/** Runs a case; throws FuzzFailure for a promise that is broken. */
export function runCase(fuzzCase: FuzzCase, options: RunOptions): void {
  const folder = mkdtempSync(join(options.folder, 'case-'));
  try {
    const run = new CaseRun(fuzzCase, { ...options, folder });
    try {
      countCase(run.coverage, fuzzCase);
      for (const [index, step] of fuzzCase.steps.entries()) run.at(index, step);
    } catch (error) {
      run.abandon();
      throw error;
    }
    run.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As {@link runCase}, but returns what was thrown as a failure; undefined: all promises held. */
export function failureOf(fuzzCase: FuzzCase, options: RunOptions): FuzzFailure | undefined {
  try {
    runCase(fuzzCase, options);
    return undefined;
  } catch (error) {
    if (error instanceof FuzzFailure) return error;
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return new FuzzFailure(`error: ${error instanceof Error ? error.message : ''}`, stack);
  }
}

class CaseRun {
  readonly coverage: Coverage;
  readonly #case: FuzzCase;
  readonly #options: RunOptions;
  readonly #nodes: FuzzNodes;
  readonly #oracle: Oracle;
  /** By their place in the case. */
  readonly #followed = new Map<number, FollowedQuery>();
  #watches: WatchCheck[] = [];
  #snapshots: SnapshotCheck[] = [];
  #engine: LiveEngine;
  /** Engines that crashed: closed at the end. */
  readonly #left: LiveEngine[] = [];
  #files = 0;
  #ids = 0;
  #evaluations = 0;
  /** What was known of tables or versions is void since the last pass: watches may end. */
  #isReset = false;
  #onEvaluation: (count: number) => void = () => undefined;

  constructor(fuzzCase: FuzzCase, options: RunOptions) {
    this.coverage = options.coverage ?? {};
    this.#case = fuzzCase;
    this.#options = options;
    const nodes = fuzzCase.steps.map((step) => nodesOf(step)).reduce((a, b) => Math.max(a, b), 1);
    this.#nodes = new FuzzNodes(join(options.folder, 'node.db'), fuzzCase.schema, nodes);
    this.#oracle = new Oracle(this.#nodes.databasePath);
    this.#engine = this.#open();
  }

  at(index: number, step: FuzzStep): void {
    try {
      this.#step(step);
    } catch (error) {
      const where = `step ${index} (${step.kind})`;
      if (error instanceof FuzzFailure)
        throw new FuzzFailure(error.check, `${where}: ${error.message}`);
      throw error;
    }
  }

  close(): void {
    for (const engine of [...this.#left, this.#engine]) engine.close();
    this.#oracle.close();
    this.#nodes.close();
  }

  /** After a failure, which may have left the engine in a state that it cannot be closed in. */
  abandon(): void {
    try {
      this.close();
    } catch (error) {
      count(
        this.coverage,
        `could not be closed: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  #step(step: FuzzStep): void {
    const { kind } = step;
    if (kind === 'write') this.#nodes.write(step.node, step.statements);
    else if (kind === 'foreign') this.#nodes.writeForeign(step.statements);
    else if (kind === 'adopt') this.#nodes.adopt();
    else if (kind === 'merge') this.#nodes.merge(step);
    else if (kind === 'schema') this.#changeSchema(step);
    else if (kind === 'actor') this.#becomeActor(step.digit);
    else if (kind === 'subscribe') this.#subscribe(step.query);
    else if (kind === 'drop') this.#drop(step.query);
    else if (kind === 'snapshot') this.#openSnapshot(step.query, step.rows);
    else if (kind === 'watch') this.#watch(step);
    else if (kind === 'pass') this.#pass(step);
    else if (kind === 'resume') this.#resume(step);
    else this.#restart(step.isCrash);
  }

  #changeSchema(step: FuzzStep & { kind: 'schema' }): void {
    if (!step.nodes.includes(0)) {
      this.#nodes.changeSchema(step);
      return;
    }
    const steps = this.#watches.reduce(
      (change, watch) => () => watch.acrossSchema(change),
      () => this.#applySchema(step),
    );
    steps();
  }

  #becomeActor(digit: string): void {
    this.#nodes.becomeActor(digit);
    this.#isReset = true;
  }

  #applySchema(step: FuzzStep & { kind: 'schema' }): void {
    count(this.coverage, 'quarantined and applied', this.#nodes.changeSchema(step));
    this.#isReset = true;
    this.#oracle.forget();
  }

  #open(): LiveEngine {
    const options: LiveEngineOptions = {
      databasePath: this.#nodes.databasePath,
      statePath: join(this.#options.folder, `live${this.#files}.db`),
      limits: { ...limits, changesMax: this.#case.changesMax ?? limits.changesMax },
      monotonicMs: () => performance.now(),
      wallMs: () => testStartMs,
      newId: () => `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}`,
      onEvaluating: (id) => {
        if (id !== undefined) this.#onEvaluation(++this.#evaluations);
      },
    };
    return (this.#options.createEngine ?? createLiveEngine)(options);
  }

  #subscribe(index: number): void {
    const query = this.#case.queries[index];
    if (query === undefined || this.#followed.has(index)) return;
    const { sql, params } =
      query.params === undefined
        ? render(query.sql, query.style)
        : { sql: render(query.sql).sql, params: query.params };
    const request = { sql, params, role: 'reader' };
    let columns: readonly string[];
    try {
      columns = this.#oracle.columns(sql);
    } catch {
      count(this.coverage, 'statements that SQLite refuses');
      return;
    }
    try {
      const { id, isOrdered, columns: told } = this.#engine.subscribe(request);
      if (told.join() !== columns.join()) {
        throw new FuzzFailure('columns', `${sql} has ${columns.join()}, told are ${told.join()}`);
      }
      const explained = this.#engine.explainQuery(id);
      count(this.coverage, `mode ${explained?.mode ?? 'unknown'}`);
      const followed = this.#ofId(id)[0];
      const { follower, groups, start } = followed ?? {
        follower: undefined,
        groups: [],
        start: undefined,
      };
      const copies = { follower: follower?.copy(), groups: [...groups], start };
      this.#followed.set(index, { id, sql, params, query, isOrdered, columns, ...copies });
    } catch (error) {
      if (!(error instanceof PatinaError)) throw error;
      throw new FuzzFailure('refused', `${sql}: ${error.code} ${error.message}`);
    }
  }

  #drop(index: number): void {
    const followed = this.#followed.get(index);
    if (followed === undefined) return;
    this.#engine.drop(followed.id);
    if (this.#engine.find(followed.id) !== undefined)
      throw new FuzzFailure('drop', 'a dropped query is there');
    // Equal queries are one.
    for (const [other, { id }] of this.#followed)
      if (id === followed.id) this.#followed.delete(other);
    this.#snapshots = this.#snapshots.filter(({ queryId }) => queryId !== followed.id);
  }

  #openSnapshot(index: number, rows: number): void {
    const followed = this.#followed.get(index);
    if (followed?.follower === undefined) return;
    const reader = this.#engine.openSnapshot(followed.id);
    const snapshot = new SnapshotCheck(followed.id, reader, followed.follower, rows);
    this.#snapshots.push(snapshot);
    snapshot.readPage();
  }

  #watch({ table, filter, images }: FuzzStep & { kind: 'watch' }): void {
    const watchId = `w${++this.#ids}`;
    const request = { watchId, table, from: undefined, filter, images };
    const { key, cursor, start } = this.#engine.watch(request);
    if (start !== 'now') throw new FuzzFailure('watch', `a new watch starts ${start}`);
    this.#watches.push(
      new WatchCheck(watchId, { table, filter, images, key }, cursor, this.#oracle),
    );
  }

  #pass({ budgetMs, during }: FuzzStep & { kind: 'pass' }): void {
    if (during === undefined) {
      this.#work(budgetMs, true);
      return;
    }
    const at = this.#evaluations + during.evaluation;
    let isWritten = false;
    this.#onEvaluation = (evaluation) => {
      if (evaluation !== at) return;
      isWritten = true;
      this.#nodes.write(0, during.statements);
    };
    const pass = this.#engine.work(budgetMs);
    this.#onEvaluation = () => undefined;
    this.#take(pass, !isWritten, budgetMs);
    if (!isWritten) return;
    count(this.coverage, 'written during a pass');
    this.#work(Number.POSITIVE_INFINITY, true);
  }

  /** `isNow`: nobody writes while the engine works. */
  #work(budgetMs: number, isNow: boolean): void {
    let isDone = this.#take(this.#engine.work(budgetMs), isNow, budgetMs);
    for (let passes = 0; !isDone && budgetMs === Number.POSITIVE_INFINITY; passes++) {
      if (passes >= passesMax) throw new FuzzFailure('no end', 'the engine goes on for ever');
      isDone = this.#take(this.#engine.work(budgetMs), isNow, budgetMs);
    }
  }

  /** Takes what a pass tells, and compares; returns whether it left nothing to do. */
  #take(pass: EnginePass, isNow: boolean, budgetMs: number): boolean {
    const isDone = pass.againInMs === undefined;
    for (const { id, error } of pass.failed) this.#ended(id, error);
    const told = new Set<string>();
    for (const { id, group } of pass.groups) {
      told.add(id);
      if (group.changes.length === 0) throw new FuzzFailure('empty group', `query ${id}`);
      for (const { type, position } of group.changes) {
        count(this.coverage, `changes ${type}`);
        if (type === 'update' && position !== undefined) count(this.coverage, 'moved rows');
      }
      if (group.origins.length > 1) count(this.coverage, 'groups of several versions');
      for (const followed of this.#ofId(id)) {
        followed.follower?.apply(group);
        followed.groups.push(group);
      }
    }
    for (const { id, changeId } of pass.filled) {
      for (const followed of this.#ofId(id)) follow(followed, this.#engine, changeId);
    }
    for (const followed of this.#followed.values()) {
      if (followed.follower === undefined) continue;
      const { changeId } = this.#engine.find(followed.id) ?? {};
      if (changeId !== followed.follower.changeId) {
        throw new FuzzFailure(
          'change id',
          `${followed.sql}: at ${changeId}, told ${followed.follower.changeId}`,
        );
      }
      if (isNow && (isDone || told.has(followed.id))) this.#compare(followed);
    }
    if (isDone && isNow && budgetMs === Number.POSITIVE_INFINITY) this.#expectFilled();
    this.#takeWatches(pass, isNow);
    for (const snapshot of this.#snapshots) snapshot.readPage();
    count(
      this.coverage,
      'snapshots read amid changes',
      this.#snapshots.filter(({ isAmid }) => isAmid).length,
    );
    this.#snapshots = this.#snapshots.filter(({ isAtEnd }) => !isAtEnd);
    return isDone;
  }

  #expectFilled(): void {
    for (const { follower, sql } of this.#followed.values()) {
      if (follower === undefined) throw new FuzzFailure('filled', `${sql} is not filled`);
    }
  }

  #takeWatches(pass: EnginePass, isNow: boolean): void {
    for (const { watchId, error } of pass.endedWatches ?? []) {
      if (!this.#isReset) {
        throw new FuzzFailure('watch', `watch ${watchId} ended: ${error.message}`);
      }
      count(this.coverage, 'watches ended by a reset');
      this.#watches = this.#watches.filter(({ id }) => id !== watchId);
    }
    this.#isReset = false;
    for (const { watchId, group } of pass.watchGroups) {
      count(this.coverage, 'notices', group.notices.length);
      this.#watches.find(({ id }) => id === watchId)?.take(group, isNow);
    }
    if (isNow) for (const watch of this.#watches) watch.check();
  }

  #ofId(id: string): FollowedQuery[] {
    return [...this.#followed.values()].filter((followed) => followed.id === id);
  }

  #compare({ follower, query, sql, params, isOrdered }: FollowedQuery): void {
    let fresh: string[] | undefined;
    try {
      fresh = this.#oracle.rows(sql, params);
    } catch (error) {
      throw new FuzzFailure('kept', `${sql} is kept, but fails: ${error}`);
    }
    if (fresh === undefined || follower === undefined) return;
    count(this.coverage, 'compared results');
    const difference = differenceOf(query, isOrdered, follower.rows(), fresh);
    if (difference !== undefined) {
      throw new FuzzFailure(difference.check, `${sql}\n  ${difference.message}`);
    }
  }

  /** A query may end only where SQLite cannot run it any more, or its columns are others. */
  #ended(id: string, error: PatinaError): void {
    for (const [index, { id: own, sql, params, columns }] of this.#followed) {
      if (own !== id) continue;
      this.#followed.delete(index);
      let rows: string[] | undefined;
      try {
        rows = this.#oracle.rows(sql, params);
      } catch {
        count(this.coverage, 'ended by an error of SQL');
        continue;
      }
      if (this.#oracle.columns(sql).join() !== columns.join()) {
        count(this.coverage, 'ended by other columns');
        continue;
      }
      throw new FuzzFailure(
        'ended',
        `${sql}: ${error.code} ${error.message}; fresh ${rows?.length} rows`,
      );
    }
    this.#snapshots = this.#snapshots.filter(({ queryId }) => queryId !== id);
  }

  #resume({ query, choice, changes }: FuzzStep & { kind: 'resume' }): void {
    const followed = this.#followed.get(query);
    if (followed?.follower === undefined) return;
    const outcome = foldSince(followed, this.#engine, choice, changes);
    count(this.coverage, outcome === 'too-old' ? 'resumed too late' : 'resumed');
  }

  #restart(isCrash: boolean): void {
    this.#snapshots = [];
    if (isCrash) {
      this.#left.push(this.#engine);
      const from = join(this.#options.folder, `live${this.#files}.db`);
      const to = join(this.#options.folder, `live${++this.#files}.db`);
      for (const suffix of ['', '-wal']) {
        if (existsSync(`${from}${suffix}`)) copyFileSync(`${from}${suffix}`, `${to}${suffix}`);
      }
    } else this.#engine.close();
    this.#engine = this.#open();
    const changesBefore = this.coverage['changes update'] ?? 0;
    for (const followed of this.#followed.values()) {
      const found = this.#engine.find(followed.id);
      if (found === undefined) {
        throw new FuzzFailure('restart', `${followed.sql} is not known any more`);
      }
      if (followed.follower === undefined) continue;
      if (found.state !== 'live' || found.changeId !== followed.follower.changeId) {
        throw new FuzzFailure(
          'restart',
          `${followed.sql}: ${found.state} at ${found.changeId}, was at ${followed.follower.changeId}`,
        );
      }
      if (isCrash) count(this.coverage, 'kept over a crash');
    }
    this.#resumeWatches();
    this.#work(Number.POSITIVE_INFINITY, true);
    if (isCrash && (this.coverage['changes update'] ?? 0) > changesBefore) {
      count(this.coverage, 'told after a crash');
    }
  }

  #resumeWatches(): void {
    for (const watch of this.#watches) {
      const { table, filter, images } = watch.plan;
      const request = { watchId: watch.id, table, from: watch.cursor, filter, images };
      const { start, cursor, backlog } = this.#engine.watch(request);
      if (start === 'now') throw new FuzzFailure('watch', 'a watch that goes on starts anew');
      if (start === 'restarted') {
        watch.restart(cursor);
        continue;
      }
      count(this.coverage, 'watches resumed');
      for (const group of backlog) watch.take(group, true);
      watch.cursor = cursor;
    }
  }
}

function nodesOf(step: FuzzStep): number {
  if (step.kind === 'write' || step.kind === 'merge') return step.node + 1;
  return step.kind === 'schema' ? Math.max(...step.nodes) + 1 : 1;
}
