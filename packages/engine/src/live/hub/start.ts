// How a subscription starts, given where it wants to go on: from a snapshot, exactly there, or from a
// snapshot although changes were asked for.

import { PatinaError } from '../../base/errors.ts';
import type { ChangeGroup } from '../live-queries.ts';
import type { ChangesSince } from '../process/live-protocol.ts';
import { cursorTooOld, invalidCursor, type Resume } from './cursor.ts';

/** How a subscription starts. */
export type Start =
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'restarted'; readonly reason: string }
  | {
      readonly kind: 'resumed';
      readonly changeId: number;
      readonly groups: readonly ChangeGroup[];
    };

/** How it starts, where that can be told without asking for changes. */
export function startOf(
  query: { readonly id: string; readonly isFilling: boolean; readonly changeId: number },
  resume: Resume,
): Start | PatinaError | undefined {
  if (resume.kind === 'start') return { kind: 'snapshot' };
  const { changeId } = resume;
  if (resume.kind === 'cursor' && resume.queryId !== query.id) {
    return { kind: 'restarted', reason: 'the query of the cursor is not known here' };
  }
  if (resume.kind === 'cursor' && query.isFilling) {
    return { kind: 'restarted', reason: 'the result is being put together anew' };
  }
  if (changeId > query.changeId) return aheadOf(resume, changeId, query.changeId);
  const isThere = changeId === query.changeId && !query.isFilling;
  return isThere ? { kind: 'resumed', changeId, groups: [] } : undefined;
}

/** How it starts, given what came after the change id. */
export function startAfter(
  resume: Resume,
  changeId: number,
  since: ChangesSince | PatinaError,
): Start | PatinaError {
  if (since instanceof PatinaError) return since;
  if (since.kind === 'groups') return { kind: 'resumed', changeId, groups: since.groups };
  if (since.kind === 'future') return aheadOf(resume, changeId, since.changeId);
  if (resume.kind === 'change-id') return cursorTooOld(since.minChangeId);
  return { kind: 'restarted', reason: 'the changes after the cursor are not all kept any more' };
}

function aheadOf(resume: Resume, changeId: number, lastId: number): Start | PatinaError {
  return resume.kind === 'change-id'
    ? invalidCursor(`\`from\` is ${changeId}, but the last change is ${lastId}`)
    : { kind: 'restarted', reason: 'the cursor is ahead of what is kept here' };
}
