// A query that the fuzzer follows: what a client holds of it, and everything it was told since.

import type { LiveEngine } from '@patina/engine/live/engine/engine-types.ts';
import type { ChangeGroup } from '@patina/engine/live/live-queries.ts';
import type { SqlParams } from '@patina/engine/storage/sql-value.ts';
import { Follower } from './follower.ts';
import { FuzzFailure, type FuzzQuery } from './fuzz-case.ts';
import { readLines } from './snapshot-check.ts';

export interface FollowedQuery {
  readonly id: string;
  readonly sql: string;
  readonly params: SqlParams;
  readonly query: FuzzQuery;
  readonly columns: readonly string[];
  readonly isOrdered: boolean;
  /** Undefined while it is filled. */
  follower: Follower | undefined;
  /** As it was at first, and the groups since. */
  start: Follower | undefined;
  groups: ChangeGroup[];
}

/** Begins to hold a result that was filled. */
export function follow(followed: FollowedQuery, engine: LiveEngine, changeId: number): void {
  const snapshot = engine.openSnapshot(followed.id);
  if (snapshot.changeId !== changeId) {
    throw new FuzzFailure(
      'filled',
      `filled at ${changeId}, its snapshot is at ${snapshot.changeId}`,
    );
  }
  const rows: [number, string][] = [];
  for (let page = snapshot.next(50); page !== undefined; page = snapshot.next(50)) {
    rows.push(...readLines(page));
  }
  followed.follower = new Follower(followed.isOrdered, changeId, rows);
  followed.start = followed.follower.copy();
  followed.groups = [];
}

/** Goes on from an earlier change id, as a client that was away. */
export function foldSince(
  { id, sql, follower, start, groups }: FollowedQuery,
  engine: LiveEngine,
  choice: number,
  changesMax: number,
): 'resumed' | 'too-old' {
  if (follower === undefined || start === undefined) return 'resumed';
  const away = start.copy();
  for (const group of groups.slice(0, choice % (groups.length + 1))) away.apply(group);
  const future = engine.changesSince(id, follower.changeId + 1);
  if (future.kind !== 'future')
    throw new FuzzFailure('resume', `${sql}: a future change id is ${future.kind}`);
  while (away.changeId < follower.changeId) {
    const answer = engine.changesSince(id, away.changeId, changesMax);
    if (answer.kind === 'too-old') {
      if (answer.minChangeId <= away.changeId) {
        throw new FuzzFailure(
          'resume',
          `${sql}: ${away.changeId} is too old, and ${answer.minChangeId} is not`,
        );
      }
      return 'too-old';
    }
    if (answer.kind === 'future' || answer.groups.length === 0) {
      throw new FuzzFailure(
        'resume',
        `${sql}: nothing after ${away.changeId} of ${follower.changeId}`,
      );
    }
    for (const group of answer.groups) away.apply(group);
  }
  const [held, folded] = [follower.entries(), away.entries()].map((rows) => JSON.stringify(rows));
  if (held !== folded) throw new FuzzFailure('resume', `${sql}: folded ${folded}, held ${held}`);
  return 'resumed';
}
