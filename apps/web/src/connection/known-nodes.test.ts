// Which nodes are tried, and in which order.

import { expect, it } from 'vitest';
import { candidates, type KnownNode, keepKnownNodes, readKnownNodes } from './known-nodes.ts';

const node = (origin: string, isAlive = true): KnownNode => ({
  actorId: null,
  origin,
  address: origin,
  isAlive,
});

it('tries the wish first, then the living, then the node that served the page, then the rest', () => {
  const nodes = [node('down', false), node('b'), node('c')];
  expect(candidates('c', 'own', nodes, new Set())).toEqual(['c', 'b', 'own', 'down']);
});

it('tries those that failed lately last', () => {
  const nodes = [node('a'), node('b')];
  expect(candidates('a', 'own', nodes, new Set(['a', 'own']))).toEqual(['b', 'a', 'own']);
});

it('remembers nodes, and forgets what is no list of nodes', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  } as Storage;
  keepKnownNodes(storage, [node('a')]);
  expect(readKnownNodes(storage)).toEqual([node('a')]);
  for (const text of ['', '{', '[1]', '{"origin":"a"}']) {
    kept.set('patina.nodes', text);
    expect(readKnownNodes(storage)).toEqual([]);
  }
  expect(readKnownNodes(undefined)).toEqual([]);
});
