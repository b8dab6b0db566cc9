// What a node has to tell, as lines of the log: what operators act on is a warning, traffic is not logged.

import type { NodeEvent } from '@patina/engine/node.ts';
import type { Logger } from 'pino';

/** Writes one event to the log, if it is worth a line. */
export function logNodeEvent(log: Logger, event: NodeEvent): void {
  switch (event.kind) {
    case 'member-up':
    case 'member-left':
    case 'member-removed':
      log.info(memberOf(event.member), event.kind);
      break;
    case 'member-suspect':
    case 'member-down':
      log.warn(memberOf(event.member), event.kind);
      break;
    case 'identity-changed':
      log.warn({ from: event.from, to: event.to, why: event.why }, 'took a new actor id');
      break;
    case 'identity-conflict':
      log.warn({ other: event.other, yield: event.yield }, 'another live node has our actor id');
      break;
    case 'clock-drift':
      if (event.refused) log.error({ offset_ms: event.offsetMs }, 'clock ahead: writes refused');
      else log.info({ offset_ms: event.offsetMs }, 'clock accepted');
      break;
    case 'merged':
      for (const { header, reason } of event.outcome.quarantined) {
        log.warn({ actor_id: header.actorId, version: header.version, reason }, 'set aside');
      }
      if (event.outcome.malformed > 0) {
        log.warn({ chunks: event.outcome.malformed }, 'malformed changes dropped');
      }
      break;
    case 'sync-finished':
      log.debug({ role: event.role, address: event.address, ...event.outcome }, 'sync finished');
      break;
    case 'storage-error':
      log.error({ err: event.error }, 'storage');
      break;
    case 'local-version':
      log.trace({ version: event.version.version }, 'version made');
      break;
    case 'member-ring':
      log.debug({ ...memberOf(event.member), ring: event.member.ring }, event.kind);
      break;
    case 'rejoined':
    case 'left':
      log.info(event.kind);
      break;
  }
}

function memberOf(member: { actorId: string; address: string; incarnation: number }): object {
  return { actor_id: member.actorId, address: member.address, incarnation: member.incarnation };
}
