// The command line of the benchmark.

import { parseArgs } from 'node:util';

export interface BenchArguments {
  readonly help: boolean;
  readonly only: readonly string[] | undefined;
  readonly quick: boolean;
  readonly long: boolean;
  readonly json: boolean;
  readonly profile: boolean;
}

/** Throws with a sentence where the arguments make no sense. */
export function readArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.split(',').map((name) => name.trim());
  return { ...values, only };
}

/** The text of `--help`. */
export function helpText(figures: readonly { name: string; title: string }[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const list = figures.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`);
  return `Measures how fast Patina is, and prints a table.

Usage: npm run bench -- [options]

Options:
  --only NAME,NAME  measure these figures only
  --quick           a few seconds per figure: shows that all of it works, not how fast it is
  --long            watch ten minutes for living agents that are called down, not one
  --profile         write CPU profiles of all agents, and print what took the time
  --json            print JSON in place of the table (always written to bench/results/latest.json)
  --help            print this

Figures:
${list.join('\n')}
`;
}
