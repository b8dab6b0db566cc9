// The connections between nodes, asked for again and again for as long as a part shows them.

'use client';

import { useState } from 'react';
import { type LinkMemory, noLinks, readLinks } from './link-rates.ts';
import { mapReading, type Reading } from './reading.ts';
import type { Answers } from './shapes.ts';
import { useAnswer } from './use-answer.ts';

/** milliseconds */
const againMs = 2_000;

export type ConnectionAnswers = Answers['cluster']['rttMatrix'];

export interface Links {
  readonly answers: ConnectionAnswers;
  readonly links: LinkMemory['links'];
}

interface Folded {
  readonly from: ConnectionAnswers | undefined;
  readonly memory: LinkMemory;
}

export function useLinks(): Reading<Links> {
  const { reading } = useAnswer(
    ['cluster.rttMatrix'],
    (api, signal) => api.cluster.rttMatrix.query(undefined, { signal }),
    { everyMs: againMs },
  );
  const [folded, setFolded] = useState<Folded>({ from: undefined, memory: noLinks });
  let current = folded;
  if (reading.kind === 'here' && reading.data !== folded.from) {
    const memory = readLinks(folded.memory, reading.data, reading.atMs);
    current = { from: reading.data, memory };
    setFolded(current);
  }
  return mapReading(reading, (answers) => ({ answers, links: current.memory.links }));
}
