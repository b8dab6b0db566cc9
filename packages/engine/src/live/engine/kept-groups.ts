// The changes that are kept of a query, as groups for those who resume.

import { PatinaError } from '../../base/errors.ts';
import type { ChangeGroup, ChangeOrigin, LiveChange } from '../live-queries.ts';
import type { KeptChange, StateStore } from '../state/state-store.ts';
import type { LiveEngine } from './engine-types.ts';
import type { LiveQuery } from './live-query.ts';

/** Groups after `changeId`, as LiveEngine.changesSince says. */
export function groupsAfter(
  store: StateStore,
  query: LiveQuery,
  changeId: number,
  changesMax: number,
): ReturnType<LiveEngine['changesSince']> {
  if (changeId > query.changeId) return { kind: 'future', changeId: query.changeId };
  if (changeId < query.minChangeId) return { kind: 'too-old', minChangeId: query.minChangeId };
  const groups: { origins: readonly ChangeOrigin[]; changes: LiveChange[] }[] = [];
  let count = 0;
  for (const kept of store.changesAfter(query.number, changeId)) {
    let group = groups.at(-1);
    if (group === undefined || kept.origins !== undefined) {
      if (count >= changesMax) break;
      const origins = kept.origins ?? store.originsOf(query.number, kept.changeId);
      group = { origins: parseOrigins(origins), changes: [] };
      groups.push(group);
    }
    group.changes.push(toChange(kept));
    count++;
  }
  return { kind: 'groups', groups: groups satisfies ChangeGroup[] };
}

function toChange({ type, rowId, cells, changeId, position }: KeptChange): LiveChange {
  const change = { type, rowId, cells, changeId };
  return position === undefined ? change : { ...change, position };
}

/** Our own text, from a file that is checked when it is opened. */
function parseOrigins(text: string | undefined): readonly ChangeOrigin[] {
  if (text === undefined) return [];
  const origins: unknown = JSON.parse(text);
  if (Array.isArray(origins)) return origins as readonly ChangeOrigin[];
  throw new PatinaError('PATINA_INTERNAL', 'the origins of a kept change cannot be read');
}
