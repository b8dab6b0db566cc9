// Whether the cluster is well, in one word and a few: what the top bar shows on every page.

import type { Reading } from '../connection/reading.ts';
import type { ClusterReading } from '../connection/shapes.ts';
import { plural } from '../format/numbers.ts';

export interface ClusterHealth {
  readonly level: 'well' | 'strained' | 'ill' | 'unknown';
  readonly text: string;
}

export function healthOf(reading: Reading<ClusterReading>): ClusterHealth {
  if (reading.kind !== 'here') return { level: 'unknown', text: 'unknown' };
  const { members } = reading.data;
  const count = (state: string) => members.filter((member) => member.state === state).length;
  const [down, suspect, alive] = [count('down'), count('suspect'), count('alive')];
  if (down > 0) return { level: 'ill', text: `${plural(down, 'node')} down` };
  if (suspect > 0) return { level: 'strained', text: `${plural(suspect, 'node')} suspect` };
  const silent = members.filter(({ state, about }) => state === 'alive' && about === null).length;
  if (silent > 0) return { level: 'strained', text: `${plural(silent, 'node')} silent` };
  return { level: 'well', text: `${plural(alive, 'node')} up` };
}
