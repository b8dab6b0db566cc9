// The state of each node as one line a second, from what the node itself answers.

import type { NodeClient } from './node-client.ts';
import { count, counted, duration } from './numbers.ts';

const countSql = 'SELECT (SELECT count(*) FROM airports) + (SELECT count(*) FROM flights)';
const countSecondsMax = 5;

/** What one node says of itself. */
export interface NodeStatus {
  /** Living members, itself included. */
  readonly members: number;
  readonly rows: number;
  /** The node's own version. */
  readonly head: number;
  /** Versions that exist elsewhere and are not here, and how late the oldest is, milliseconds. */
  readonly lagVersions: number;
  readonly lagMs: number;
}

/** Asks a node; rejects when it does not answer. */
export async function askStatus(node: NodeClient): Promise<NodeStatus> {
  const [members, lag, [rows = 0]] = await Promise.all([
    node.members(),
    node.lag(),
    node.numbers(countSql, countSecondsMax),
  ]);
  const self = members.find(({ is_self }) => is_self)?.actor_id;
  return {
    members: members.filter(({ state }) => state === 'alive').length,
    rows,
    head: lag.find(({ actor_id }) => actor_id === self)?.head ?? 0,
    lagVersions: lag.reduce((sum, { versions }) => sum + versions, 0),
    lagMs: lag.reduce((most, { ms }) => Math.max(most, ms), 0),
  };
}

/** The line of one node. `status` is undefined while the node does not answer. */
export function statusLine(
  number: number,
  status: NodeStatus | undefined,
  writesPerSecond: number,
  note: string,
): string {
  const name = `node ${number}`;
  if (status === undefined) return `${name}  ${note}`;
  const { members, rows, head, lagVersions, lagMs } = status;
  const lag = `lag ${counted(lagVersions, 'version')}, ${duration(lagMs)}`;
  return [
    name,
    counted(members, 'member'),
    `${count(rows).padStart(6)} rows`,
    `head ${count(head).padEnd(6)}`,
    lag.padEnd(20),
    `${count(writesPerSecond).padStart(3)} writes/s`,
  ].join('  ');
}
