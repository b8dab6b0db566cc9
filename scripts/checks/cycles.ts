// Finds circles in a directed graph: one shortest circle for each group of nodes that reach each
// other.

type Graph = ReadonlyMap<string, readonly string[]>;

/** Returns one circle per strongly connected group, each starting at its least name, sorted. */
export function findCycles(edges: Graph): string[][] {
  const covered = new Set<string>();
  const cycles: string[][] = [];
  for (const start of [...edges.keys()].sort()) {
    if (covered.has(start)) continue;
    const cycle = shortestCycle(edges, start);
    if (cycle === undefined) continue;
    cycles.push(cycle);
    const forward = reachable(edges, start);
    for (const node of forward) {
      if (reachable(edges, node).has(start)) covered.add(node);
    }
  }
  return cycles;
}

/** The shortest way from a node back to itself, without the return; undefined if there is none. */
function shortestCycle(edges: Graph, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (const next of edges.get(node) ?? []) {
      if (next === start) return walkBack(cameFrom, start, node);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return undefined;
}

function walkBack(cameFrom: ReadonlyMap<string, string>, start: string, end: string): string[] {
  const path = [end];
  for (let node = end; node !== start; ) {
    const previous = cameFrom.get(node);
    if (previous === undefined) break;
    path.unshift(previous);
    node = previous;
  }
  return path;
}

function reachable(edges: Graph, start: string): Set<string> {
  const seen = new Set<string>();
  const queue = [start];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    for (const next of edges.get(node) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return seen;
}
