// Seeds that once found something, with what it was. They run first, because what broke once breaks
// again. A change of what the simulator draws makes a seed mean something else: it stays as one more.

export interface RegressionSeed {
  readonly seed: number;
  /** undefined: drawn from the seed. */
  readonly nodes: number | undefined;
  readonly found: string;
}

export const regressionSeeds: readonly RegressionSeed[] = [
  {
    seed: 29,
    nodes: undefined,
    found: 'a restored node that nobody could be asked about used a version twice',
  },
  {
    seed: 10103,
    nodes: undefined,
    found: 'another program wrote to a restored file before its node was sure of its actor id',
  },
  { seed: 40, nodes: undefined, found: 'a version in quarantine was said to be visible' },
  { seed: 13, nodes: undefined, found: 'nobody was left at an address that all knew' },
  { seed: 120, nodes: undefined, found: 'a version of another program was made and never told' },
  { seed: 54, nodes: undefined, found: 'clocks differed after writes of another program' },
  {
    seed: 2,
    nodes: undefined,
    found: 'a large version fetched in pieces while it was overwritten',
  },
  {
    seed: 259,
    nodes: undefined,
    found: 'overwritten by a version that was then lost with its disk',
  },
  { seed: 15, nodes: undefined, found: 'the faults ended while a node was stopping' },
];
