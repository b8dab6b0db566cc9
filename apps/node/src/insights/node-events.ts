// What a node has to tell, as entries of its log of events: a sentence for people, fields for programs.
// What happens for every write is counted in series instead, and no event.

import type { EventKind, NodeEventEntry, SyncSession } from '@patina/api/insights/shapes.ts';
import type { Member } from '@patina/engine/membership/events.ts';
import type { NodeEvent } from '@patina/engine/node.ts';

export interface EventEntry {
  readonly kind: EventKind;
  readonly text: string;
  readonly fields: NodeEventEntry['fields'];
}

/** The entries of one event, often none. */
export function eventEntries(event: NodeEvent): EventEntry[] {
  switch (event.kind) {
    case 'member-up':
      return [memberEntry(event.kind, event.member, 'is alive')];
    case 'member-suspect':
      return [memberEntry(event.kind, event.member, 'is under suspicion')];
    case 'member-down':
      return [memberEntry(event.kind, event.member, 'is down')];
    case 'member-left':
      return [memberEntry(event.kind, event.member, 'left')];
    case 'member-removed':
      return [memberEntry(event.kind, event.member, 'was forgotten')];
    case 'rejoined':
      return [
        entry('rejoined', 'this node refuted that it was down', { incarnation: event.incarnation }),
      ];
    case 'left':
      return [entry('left', 'this node said goodbye', {})];
    case 'identity-changed': {
      const { from, to, why } = event;
      return [entry('identity-changed', `this node took a new actor id: ${why}`, { from, to })];
    }
    case 'identity-conflict': {
      const { other, yield: yields } = event;
      const fields = { address: other.address, session_id: other.sessionId, yields };
      return [entry('identity-conflict', 'another live node has our actor id', fields)];
    }
    case 'clock-drift': {
      const { offsetMs = null, refused } = event;
      const text = refused ? 'the clock runs ahead: writes are refused' : 'the clock is accepted';
      return [entry('clock-drift', text, { offset_ms: offsetMs, refused })];
    }
    case 'merged':
      return mergedEntries(event.outcome);
    case 'sync-finished':
      return isTelling(event) ? [sessionEntry(event)] : [];
    case 'storage-error': {
      const { code, message } = event.error;
      return [entry('storage-error', message, { code })];
    }
    case 'local-version':
    case 'member-ring':
      return [];
  }
}

/** A sync session as it is listed. */
export function sessionAnswer(
  event: Extract<NodeEvent, { kind: 'sync-finished' }>,
): Omit<SyncSession, 'hlc' | 'at_ms'> {
  const { role, address, outcome } = event;
  const { result, rejection, error, requests, chunks, bytes, gainedVersions, durationMs } = outcome;
  return {
    role,
    address,
    result,
    reason: rejection ?? error?.message ?? null,
    requests,
    chunks,
    bytes,
    gained_versions: gainedVersions,
    duration_ms: durationMs,
  };
}

/** Sessions that only found that both agree are no news. */
function isTelling({ outcome }: Extract<NodeEvent, { kind: 'sync-finished' }>): boolean {
  const isOrderly = outcome.result === 'agreed' || outcome.result === 'complete';
  return !isOrderly || outcome.chunks > 0;
}

function sessionEntry(event: Extract<NodeEvent, { kind: 'sync-finished' }>): EventEntry {
  const session = sessionAnswer(event);
  const { role, address, result, chunks } = session;
  const verb = role === 'client' ? 'from' : 'to';
  const text =
    result === 'complete' || result === 'agreed'
      ? `sync brought ${chunks} chunks ${verb} ${address}`
      : `sync with ${address} ended: ${result}`;
  const { requests: _requests, ...fields } = session;
  return entry('sync-session', text, fields);
}

function mergedEntries(outcome: Extract<NodeEvent, { kind: 'merged' }>['outcome']): EventEntry[] {
  const entries = outcome.quarantined.map(({ header, reason }) =>
    entry(
      'quarantined',
      `version ${header.version} of ${header.actorId} was set aside: ${reason}`,
      {
        origin: header.actorId,
        version: header.version,
        reason,
      },
    ),
  );
  const { malformed } = outcome;
  if (malformed > 0) {
    entries.push(
      entry('malformed', `${malformed} malformed chunks were dropped`, { chunks: malformed }),
    );
  }
  return entries;
}

function memberEntry(kind: EventKind, member: Member, what: string): EventEntry {
  const { actorId, address, incarnation } = member;
  return entry(kind, `${address} ${what}`, { member: actorId, address, incarnation });
}

function entry(kind: EventKind, text: string, fields: EventEntry['fields']): EventEntry {
  return { kind, text, fields };
}
