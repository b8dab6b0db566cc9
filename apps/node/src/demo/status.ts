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

/** A node's state, and what the demo itself knows of it. */
export interface NodeReport {
  readonly number: number;
  /** Undefined while the node does not answer. */
  readonly status: NodeStatus | undefined;
  /** Why it does not answer, in a few words. */
  readonly stateText: string;
  /** Writes of the demo that it acknowledged in the last second. */
  readonly writesPerSecond: number;
}

/** One line that says it all, for logs. */
export function statusLine(report: NodeReport): string {
  const name = `node ${report.number}`;
  if (report.status === undefined) return `${name}  ${report.stateText}`;
  const { members, rows, head, lagVersions, lagMs } = report.status;
  return [
    name,
    counted(members, 'member'),
    counted(rows, 'row'),
    `head ${count(head)}`,
    `lag ${counted(lagVersions, 'version')}, ${duration(lagMs)}`,
    `${count(report.writesPerSecond)} writes/s`,
  ].join('  ');
}

const headings = ['members', 'rows', 'head', 'lag (versions)', 'lag (ms)', 'writes/s'] as const;

/** Digits and commas that a column has room for at least. */
const columnWidthMin = 9;

/** The same for all nodes as a table: a line of headings, and a line for each node. */
export function statusTable(reports: readonly NodeReport[]): string[] {
  const name = (text: string): string => text.padEnd(8);
  const lines = reports.map(({ number, status, stateText, writesPerSecond }) => {
    if (status === undefined) return `${name(`node ${number}`)} ${stateText}`;
    const { members, rows, head, lagVersions, lagMs } = status;
    return row(name(`node ${number}`), [members, rows, head, lagVersions, lagMs, writesPerSecond]);
  });
  return [row(name(''), headings), ...lines];
}

function row(name: string, cells: readonly (string | number)[]): string {
  const padded = cells.map((cell, index) => {
    const width = Math.max(columnWidthMin, headings[index]?.length ?? 0);
    return (typeof cell === 'number' ? count(cell) : cell).padStart(width);
  });
  return [name, ...padded].join(' ');
}
