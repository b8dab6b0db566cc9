// P1, P3 and membership, once everything is healed: all nodes equal, nothing lacking, everybody known to
// be alive.

import type { Machine } from '../machine.ts';
import { bookText } from './bookkeeping.ts';
import { contentLines } from './contents.ts';
import type { Losses } from './losses.ts';

/** What still keeps the cluster from being converged; undefined when nothing does. */
export function divergence(machines: readonly Machine[]): string | undefined {
  const up = machines.filter(({ isLost }) => !isLost);
  return (
    first(up, (machine) => membershipFault(machine, up)) ??
    first(up, unsettled) ??
    first(up, (machine) => lacking(machine, up)) ??
    first(up, (machine) => bookFault(machine, up))
  );
}

/** Where rows or clocks differ; undefined when they are equal. */
export function contentsFault(machines: readonly Machine[], losses: Losses): string | undefined {
  const up = machines.filter(({ isLost }) => !isLost);
  const [reference, ...others] = up.flatMap((machine) => {
    const replica = machine.running?.replica;
    return replica === undefined ? [] : [{ machine, lines: contentLines(replica, losses) }];
  });
  if (reference === undefined) return 'no machine is up';
  const here = new Set(reference.lines);
  for (const { machine, lines } of others) {
    const there = new Set(lines);
    const inHere = [...here].filter((line) => !there.has(line)).slice(0, linesShownMax);
    const inThere = lines.filter((line) => !here.has(line)).slice(0, linesShownMax);
    if (inHere.length === 0 && inThere.length === 0) continue;
    return (
      `${reference.machine.name} and ${machine.name} differ:\n` +
      `only on ${reference.machine.name}:\n  ${inHere.join('\n  ')}\n` +
      `only on ${machine.name}:\n  ${inThere.join('\n  ')}`
    );
  }
  return undefined;
}

/** Differing lines that are shown of each side. */
const linesShownMax = 5;

function first(
  machines: readonly Machine[],
  check: (machine: Machine) => string | undefined,
): string | undefined {
  for (const machine of machines) {
    const fault = check(machine);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function membershipFault(machine: Machine, up: readonly Machine[]): string | undefined {
  const { node } = machine;
  if (node === undefined) return `${machine.name} is not up`;
  const members = node.members();
  for (const other of up) {
    if (other === machine) continue;
    const seen = members.find(({ actorId }) => actorId === other.node?.actorId);
    if (seen?.state !== 'alive' || seen.address !== other.address) {
      return `${machine.name} sees ${other.name} as ${seen?.state ?? 'unknown'}`;
    }
  }
  const living = members.filter(({ state }) => state === 'alive' || state === 'suspect');
  if (living.length === up.length - 1) return undefined;
  return `${machine.name} sees ${living.length} living members besides itself`;
}

function unsettled(machine: Machine): string | undefined {
  const { running } = machine;
  if ((running?.node?.queued ?? 0) > 0) return `${machine.name} has chunks waiting`;
  const waiting = running?.replica.db
    .prepare<[], { count: number; reason: string | null }>(
      'SELECT count(*) AS count, min(reason) AS reason FROM __patina_quarantine',
    )
    .get();
  if ((waiting?.count ?? 0) > 0) {
    return `${machine.name} has ${waiting?.count} chunks in quarantine (${waiting?.reason})`;
  }
  return undefined;
}

/** A version may be lacking for ever only when every machine that had it was lost. */
function lacking(machine: Machine, up: readonly Machine[]): string | undefined {
  for (const { actorId, gaps, partials } of machine.running?.replica.book.state() ?? []) {
    const versions = [
      ...gaps.flatMap(([start, end]) =>
        Array.from({ length: end - start + 1 }, (_, index) => start + index),
      ),
      ...partials.map(({ version }) => version),
    ];
    for (const version of versions) {
      const holder = up.find(({ running }) => running?.replica.book.contains(actorId, version));
      if (holder !== undefined) {
        return `${machine.name} lacks version ${version} of ${actorId}, which ${holder.name} has`;
      }
    }
  }
  return undefined;
}

function bookFault(machine: Machine, up: readonly Machine[]): string | undefined {
  const reference = up[0]?.running?.replica.book.state() ?? [];
  const states = machine.running?.replica.book.state() ?? [];
  if (bookText(states) === bookText(reference)) return undefined;
  return `${machine.name} has another bookkeeping than ${up[0]?.name}`;
}
