// Which nodes the console could talk to: the one that served the page, and what the cluster told of the
// others. Kept in the browser's storage, so that a reload while a node is down finds the others.

import { z } from 'zod';

/** Nodes remembered at most. */
const nodesMax = 100;

const storageKey = 'patina.nodes';

const knownNodeSchema = z.object({
  actorId: z.string().nullable(),
  /** Of its HTTP API, such as http://127.0.0.1:8081. */
  origin: z.string(),
  address: z.string(),
  /** As the cluster last said; a node that is down is tried after the others. */
  isAlive: z.boolean(),
});

export type KnownNode = z.infer<typeof knownNodeSchema>;

/** What was kept; nothing where the storage is not to be had, or holds something else. */
export function readKnownNodes(storage: Storage | undefined): readonly KnownNode[] {
  try {
    const text = storage?.getItem(storageKey);
    if (text === null || text === undefined) return [];
    const parsed = z.array(knownNodeSchema).max(nodesMax).safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}

export function keepKnownNodes(storage: Storage | undefined, nodes: readonly KnownNode[]): void {
  try {
    storage?.setItem(storageKey, JSON.stringify(nodes.slice(0, nodesMax)));
  } catch {
    // A full or forbidden storage only costs what it would have remembered.
  }
}

/**
 * In which order to try: the one that is wished for, the living, the one that served the page, the rest;
 * those that just failed come last.
 */
export function candidates(
  wish: string,
  own: string,
  nodes: readonly KnownNode[],
  failed: ReadonlySet<string>,
): readonly string[] {
  const living = nodes.filter(({ isAlive }) => isAlive).map(({ origin }) => origin);
  const others = nodes.filter(({ isAlive }) => !isAlive).map(({ origin }) => origin);
  const all = [...new Set([wish, ...living, own, ...others])];
  return [...all.filter((each) => !failed.has(each)), ...all.filter((each) => failed.has(each))];
}
