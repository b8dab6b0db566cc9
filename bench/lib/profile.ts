// What took the time in CPU profiles that agents wrote: the functions with the most time of their own.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { fixed } from './text.ts';

const functionsShown = 15;

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** Summaries of all profiles in a directory, the busiest first. */
export function profileSummary(directory: string): string {
  const files = readdirSync(directory).filter((file) => file.endsWith('.cpuprofile'));
  return files
    .map((file) => summaryOf(join(directory, file)))
    .toSorted((a, b) => b.busyMs - a.busyMs)
    .map(({ text }) => text)
    .join('\n');
}

function summaryOf(path: string): { readonly busyMs: number; readonly text: string } {
  const { nodes, samples, timeDeltas } = profileSchema.parse(
    JSON.parse(readFileSync(path, 'utf8')),
  );
  const nameById = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const place = url === '' ? '' : ` ${basename(url)}:${lineNumber + 1}`;
      return [id, `${functionName === '' ? '(anonymous)' : functionName}${place}`];
    }),
  );
  const msByName = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = nameById.get(id) ?? '?';
    msByName.set(name, (msByName.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  const totalMs = [...msByName.values()].reduce((sum, ms) => sum + ms, 0);
  const busyMs = totalMs - (msByName.get('(idle)') ?? 0);
  const lines = [...msByName]
    .filter(([name]) => name !== '(idle)')
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, functionsShown)
    .map(([name, ms]) => `  ${fixed((ms * 100) / busyMs, 1).padStart(5)} %  ${name}`);
  const head = `${basename(path)}: busy ${fixed(busyMs / 1000, 1)} of ${fixed(totalMs / 1000, 1)} s`;
  return { busyMs, text: `${head}\n${lines.join('\n')}\n` };
}
