// Small language for defining commands: a name, a sentence, examples, and what runs. Every command
// gets its help in the same form, and none can be defined without an example.

import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext, GlobalFlags } from './context.ts';

/** What a command ends with: an exit code, or nothing for 0. */
type Outcome = Promise<number | undefined> | Promise<void>;

/** Runs a command that was chosen with these flags. */
export type Choose = (
  flags: GlobalFlags,
  run: (context: CommandContext) => Outcome,
) => Promise<void>;

/** What people read about a command. */
export interface CommandTexts {
  readonly about: string;
  /** Command lines without the leading `patina`, each with what it does. */
  readonly examples: Readonly<Record<string, string>>;
  /** What `--json` prints. */
  readonly json?: string;
}

/** Defines commands of one program. */
export interface Definer {
  /** A command that only holds others. */
  group(parent: Command, name: string, texts: CommandTexts): Command;
  /**
   * A command that runs. `run` gets the arguments in the order of `usage`, then the flags; their
   * types follow from the parsers that the arguments and flags are defined with.
   */
  leaf<Args extends unknown[]>(
    parent: Command,
    usage: string,
    texts: CommandTexts,
    run: (context: CommandContext, ...args: Args) => Outcome,
  ): Command;
}

/** Makes a definer for the commands below `program`. */
export function createDefiner(program: Command, choose: Choose): Definer {
  return {
    group: (parent, name, texts) => withTexts(parent.command(name), texts),
    leaf<Args extends unknown[]>(
      parent: Command,
      usage: string,
      texts: CommandTexts,
      run: (context: CommandContext, ...args: Args) => Outcome,
    ) {
      const command = withTexts(parent.command(usage), texts);
      return command.action((...args: Args) =>
        choose(program.opts(), (context) => run(context, ...args)),
      );
    },
  };
}

/** Adds the sentence, the examples and the shape of the JSON to the help of a command. */
export function withTexts(command: Command, { about, examples, json }: CommandTexts): Command {
  const entries = Object.entries(examples);
  const width = Math.max(...entries.map(([line]) => line.length));
  const lines = entries.map(([line, what]) => `  $ patina ${line.padEnd(width)}  # ${what}`);
  command.description(about).addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
  return json === undefined ? command : command.addHelpText('after', `\nWith --json:\n  ${json}`);
}

/** Reads a flag that is a number of seconds. */
export function seconds(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number of seconds.');
}

/** Reads a whole number of 1 or more. */
export function countingNumber(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('It must be a whole number of 1 or more.');
}

/** Reads a port that programs may choose; the first thousand belong to the system. */
export function portNumber(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 1_024 && number <= 65_000) return number;
  throw new InvalidArgumentError('It must be a port from 1024 to 65000.');
}

/** Makes a reader of one of a few words. */
export function wordOf<const W extends string>(words: readonly W[]): (text: string) => W {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`);
  };
}

/** Reads a JSON scalar and returns it as it was written, so that large integers stay exact. */
export function scalarJson(text: string): string {
  const scalar = /^\s*(null|true|false|-?\d+(\.\d+)?([eE][+-]?\d+)?|"([^"\\]|\\.)*")\s*$/s;
  if (scalar.test(text) && isJson(text)) return text.trim();
  throw new InvalidArgumentError('It must be a JSON scalar, such as 1, null or "text".');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
