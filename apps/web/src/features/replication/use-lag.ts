// The lag matrix as it is now, each reading held against what was known before, and its history.

'use client';

import { useState } from 'react';
import { mapReading, type Reading } from '../../connection/reading.ts';
import type { Answers, EventOf } from '../../connection/shapes.ts';
import { useAnswer } from '../../connection/use-answer.ts';
import { useFeed } from '../../connection/use-feed.ts';
import type { LagHistory } from './lag-history.ts';
import { type LagMatrix, type LagMemory, noMemory, readLag } from './lag-reading.ts';

type LagReading = EventOf<Answers['replication']['onLag']>;

/** The history is asked for again this often, milliseconds: as often as a sample is added. */
const historyMs = 5_000;

interface Folded {
  readonly from: LagReading | undefined;
  readonly memory: LagMemory;
  readonly matrix: LagMatrix;
}

const nothing: Folded = {
  from: undefined,
  memory: noMemory,
  matrix: { observers: [], actors: [], cells: [], formerActors: 0 },
};

/** Follows the matrix for as long as a part is shown. */
export function useLag(): Reading<LagMatrix> {
  const reading = useFeed<LagReading>((api, to) => api.replication.onLag.subscribe(undefined, to));
  const [folded, setFolded] = useState(nothing);
  let current = folded;
  if (reading.kind === 'here' && reading.data !== folded.from) {
    current = { from: reading.data, ...readLag(folded.memory, reading.data.observers) };
    setFolded(current);
  }
  return mapReading(reading, () => current.matrix);
}

/** What the nodes recorded in the last minutes. */
export function useLagHistory(): Reading<LagHistory> {
  const { reading } = useAnswer(
    ['replication.lagHistory'],
    (api, signal) => api.replication.lagHistory.query({}, { signal }),
    { everyMs: historyMs },
  );
  return reading;
}
