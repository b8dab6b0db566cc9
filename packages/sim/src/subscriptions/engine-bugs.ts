// Engines with a bug each, made of the real one: what the fuzzer has to find is known by them.

import { createLiveEngine } from '@patina/engine/live/engine/engine.ts';
import type {
  EnginePass,
  LiveEngine,
  LiveEngineOptions,
  SnapshotReader,
} from '@patina/engine/live/engine/engine-types.ts';
import type { ChangeGroup, LiveChange } from '@patina/engine/live/live-queries.ts';

export interface EngineBug {
  readonly name: string;
  /** The checks that may find it. */
  readonly checks: RegExp;
  readonly create: (options: LiveEngineOptions) => LiveEngine;
}

/** Changes the groups of every pass. */
function inGroups(
  name: string,
  checks: RegExp,
  change: (changes: readonly LiveChange[]) => readonly LiveChange[],
): EngineBug {
  const spoil = (group: ChangeGroup): ChangeGroup => ({ ...group, changes: change(group.changes) });
  return inPasses(name, checks, (pass) => ({
    ...pass,
    groups: pass.groups
      .map(({ id, group }) => ({ id, group: spoil(group) }))
      .filter(({ group }) => group.changes.length > 0),
  }));
}

function inPasses(
  name: string,
  checks: RegExp,
  change: (pass: EnginePass) => EnginePass,
): EngineBug {
  return wrapped(name, checks, (engine) => ({
    ...engine,
    work: (budgetMs) => change(engine.work(budgetMs)),
  }));
}

function wrapped(
  name: string,
  checks: RegExp,
  wrap: (engine: LiveEngine) => LiveEngine,
): EngineBug {
  return { name, checks, create: (options) => wrap(createLiveEngine(options)) };
}

/** Gives the changes that are left the ids that they would have without those that are missing. */
function renumbered(changes: readonly LiveChange[], first: number | undefined): LiveChange[] {
  return changes.map((change, index) => ({ ...change, changeId: (first ?? 0) + index }));
}

function without(
  changes: readonly LiveChange[],
  isLost: (change: LiveChange) => boolean,
): readonly LiveChange[] {
  return renumbered(
    changes.filter((change) => !isLost(change)),
    changes[0]?.changeId,
  );
}

function spoiledSnapshot(reader: SnapshotReader): SnapshotReader {
  return {
    changeId: reader.changeId,
    get isLost() {
      return reader.isLost;
    },
    next: (rowsMax) => {
      const page = reader.next(rowsMax);
      return page === undefined || page.count > 1 ? page : reader.next(rowsMax);
    },
    close: () => reader.close(),
  };
}

const stateChecks = /^(rows|order|change id|row id|last cells|position)$/;

export const engineBugs: readonly EngineBug[] = [
  inGroups('updates are lost', stateChecks, (changes) =>
    without(changes, ({ type }) => type === 'update'),
  ),
  inGroups('deletes are lost', stateChecks, (changes) =>
    without(changes, ({ type }) => type === 'delete'),
  ),
  inGroups('rows of NULL, as left joins have them, are forgotten', stateChecks, (changes) =>
    without(changes, ({ type, cells }) => type === 'insert' && cells.includes('null')),
  ),
  inGroups('a change id is skipped', /^change id$/, (changes) =>
    changes.map((change) => ({ ...change, changeId: change.changeId + 1 })),
  ),
  inGroups('inserted rows get the ids of others', stateChecks, (changes) =>
    changes.map((change) => (change.type === 'insert' ? { ...change, rowId: 1 } : change)),
  ),
  inGroups('deletes do not say what was there', /^last cells$/, (changes) =>
    changes.map((change) => (change.type === 'delete' ? { ...change, cells: '[]' } : change)),
  ),
  inGroups('updates are told twice', /^(idle update|change id)$/, (changes) =>
    renumbered(
      changes.flatMap((change) => {
        const { position: _, ...again } = change;
        return change.type === 'update' ? [change, again] : [change];
      }),
      changes[0]?.changeId,
    ),
  ),
  inGroups('moved rows are put in the wrong place', /^(order|position)$/, (changes) =>
    changes.map((change) => (change.position === undefined ? change : { ...change, position: 0 })),
  ),
  inGroups('texts are folded to lower case', stateChecks, (changes) =>
    changes.map((change) => ({ ...change, cells: change.cells.toLowerCase() })),
  ),
  wrapped('some passes do nothing', stateChecks, (engine) => {
    let passes = 0;
    const nothing: EnginePass = {
      groups: [],
      watchGroups: [],
      filled: [],
      failed: [],
      againInMs: undefined,
    };
    return {
      ...engine,
      work: (budgetMs) => (++passes % 4 === 3 ? nothing : engine.work(budgetMs)),
    };
  }),
  wrapped('what is kept lacks the first group', /^(resume|change id)$/, (engine) => ({
    ...engine,
    changesSince: (id, changeId, changesMax) => {
      const answer = engine.changesSince(id, changeId, changesMax);
      return answer.kind === 'groups' ? { ...answer, groups: answer.groups.slice(1) } : answer;
    },
  })),
  wrapped('snapshots lack pages of one row', /^(snapshot|rows|order|row id)$/, (engine) => ({
    ...engine,
    openSnapshot: (id) => spoiledSnapshot(engine.openSnapshot(id)),
  })),
  inPasses('deletes are not noticed by watches', /^watch$/, (pass) => ({
    ...pass,
    watchGroups: pass.watchGroups.map(({ watchId, group }) => ({
      watchId,
      group: { ...group, notices: group.notices.filter(({ type }) => type === 'update') },
    })),
  })),
  inPasses('watches lack a notice of several', /^watch$/, (pass) => ({
    ...pass,
    watchGroups: pass.watchGroups.map(({ watchId, group }) => ({
      watchId,
      group: { ...group, notices: group.notices.slice(0, 1) },
    })),
  })),
];
