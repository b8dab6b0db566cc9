// The command line of the simulator.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

export interface SimOptions {
  /** One seed, whose run is told in detail. */
  readonly seed: number | undefined;
  /** How many seeds, from which one on. */
  readonly seeds: number;
  readonly from: number;
  /** undefined: drawn from each seed. */
  readonly nodes: number | undefined;
  readonly faultMs: number | undefined;
  readonly isCalm: boolean;
  readonly jobs: number;
  readonly json: boolean;
  readonly trace: boolean;
}

export const helpText = `Runs clusters of real Patina nodes under faults, in virtual time, and checks the promises.

  npm run sim -- [options]

  --seed N         one seed, told in detail
  --seeds N        so many seeds (default 100), known troublemakers first
  --from N         the first of them (default 1)
  --nodes N        nodes of the cluster, 2 to 9 (default: drawn from the seed)
  --duration S     virtual seconds of faults, 1 to 600 (default: drawn from the seed)
  --calm           no faults
  --jobs N         processes that run seeds (default: one per core)
  --json           results as JSON, one line per seed
  --trace          with --seed: every event on a line of its own
  --help           this text

Examples:
  npm run sim -- --seeds 300
  npm run sim -- --seed 42 --nodes 5
  npm run sim -- --seed 42 --trace > run.txt

Exit code 0: all promises held; 1: one was broken, or a kind of fault never happened; 2: wrong use.
`;

/** Wrong use of the command line, in a sentence. */
export class UsageError extends Error {}

/** Parses arguments; undefined when help is asked for. Throws {@link UsageError}. */
export function parseOptions(args: readonly string[]): SimOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  if (values.trace === true && values.seed === undefined) {
    throw new UsageError('--trace needs --seed: traces of several seeds would be mixed');
  }
  const duration = numberOf('duration', values.duration, 1, 600);
  return {
    seed: numberOf('seed', values.seed, 0, 2 ** 31 - 1),
    seeds: numberOf('seeds', values.seeds, 1, 1_000_000) ?? 100,
    from: numberOf('from', values.from, 0, 2 ** 31 - 1) ?? 1,
    nodes: numberOf('nodes', values.nodes, 2, 9),
    faultMs: duration === undefined ? undefined : duration * 1_000,
    isCalm: values.calm === true,
    jobs: numberOf('jobs', values.jobs, 1, 64) ?? Math.min(8, availableParallelism()),
    json: values.json === true,
    trace: values.trace === true,
  };
}

/** The command that repeats one seed. */
export function repeatCommand(seed: number, options: SimOptions, nodes = options.nodes): string {
  const parts = [`npm run sim -- --seed ${seed}`];
  if (nodes !== undefined) parts.push(`--nodes ${nodes}`);
  if (options.faultMs !== undefined) parts.push(`--duration ${options.faultMs / 1_000}`);
  if (options.isCalm) parts.push('--calm');
  return parts.join(' ');
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string' },
        from: { type: 'string' },
        nodes: { type: 'string' },
        duration: { type: 'string' },
        calm: { type: 'boolean' },
        jobs: { type: 'string' },
        json: { type: 'boolean' },
        trace: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The number that an option was given; undefined without. Throws {@link UsageError}. */
export function numberOf(
  name: string,
  text: string | undefined,
  min: number,
  max: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`--${name} is ${JSON.stringify(text)}, not a number from ${min} to ${max}`);
}
