// Over how many hops chunks came, from the counts of the last second.

import { noFigure } from '../../format/numbers.ts';

/** The series of new chunks by hops, and what each stands for. */
const buckets = [
  ['broadcast_hops_1', '1'],
  ['broadcast_hops_2', '2'],
  ['broadcast_hops_3', '3'],
  ['broadcast_hops_more', '4+'],
] as const;

/** Half of the chunks, and 99 of 100, came over so many hops or fewer: "1, 2". */
export function hopsText(latest: Readonly<Record<string, number | null>> | undefined): string {
  const counts = buckets.map(([name, text]) => ({ text, count: latest?.[name] ?? 0 }));
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total <= 0) return noFigure;
  const quantile = (share: number) => {
    let sum = 0;
    return counts.find(({ count }) => {
      sum += count;
      return sum >= share * total;
    })?.text;
  };
  return `${quantile(0.5)}, ${quantile(0.99)}`;
}
