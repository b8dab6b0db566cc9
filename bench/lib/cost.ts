// What work costs, in wall time and in CPU time of this process. The machine may be shared, so two ways
// of doing the same work are measured in turns, and what counts is the median of the rounds' ratios.

/** The price of a piece of work, milliseconds. CPU time counts all threads. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Runs the work and returns its price. */
export async function costOf(work: () => unknown): Promise<Cost> {
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  await work();
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(startCpu);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

/**
 * Measures all sides once in every round, one after the other; the first round only warms up.
 * Returns the costs of a side.
 */
export async function interleave<Side extends string>(
  rounds: number,
  sides: readonly (readonly [side: Side, run: (round: number) => Promise<Cost>])[],
): Promise<(side: Side) => readonly Cost[]> {
  const costs = new Map<Side, Cost[]>(sides.map(([side]) => [side, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [side, run] of sides) {
      const cost = await run(round);
      if (round > 0) costs.get(side)?.push(cost);
    }
  }
  return (side) => costs.get(side) ?? [];
}

/** How fast `other` is beside `plain`: 0.5 is half as fast. */
export interface Ratio {
  readonly wall: number;
  readonly cpu: number;
}

/** Medians over rounds of the ratio of one round. */
export function ratioOf(plain: readonly Cost[], other: readonly Cost[]): Ratio {
  const pairs = plain.flatMap((cost, index) => {
    const beside = other[index];
    return beside === undefined ? [] : [{ cost, beside }];
  });
  return {
    wall: median(pairs.map(({ cost, beside }) => cost.wallMs / beside.wallMs)),
    cpu: median(pairs.map(({ cost, beside }) => cost.cpuMs / beside.cpuMs)),
  };
}

/** Things per second of wall time, the median of the rounds. */
export function perSecond(count: number, costs: readonly Cost[]): number {
  return Math.round((count * 1000) / median(costs.map(({ wallMs }) => wallMs)));
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which `share` of the values lie; NaN without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
