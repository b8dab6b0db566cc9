// One run of the command line: parses the arguments, runs the command, and turns whatever goes
// wrong into at most two lines for people (or one JSON line) and an exit code.

import { asPatinaError, type PatinaError } from '@patina/engine/base/errors.ts';
import { type Command, CommanderError } from 'commander';
import { escapeControls } from './cells.ts';
import type { NodeParts } from './context.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { type CliIo, write } from './io.ts';
import { buildProgram } from './program.ts';

/** Runs `patina` with these arguments (without node and script); resolves with the exit code. */
export async function runCli(
  args: readonly string[],
  io: CliIo,
  parts: NodeParts,
): Promise<number> {
  let exitCode: number = exitCodes.ok.code;
  let json = false;
  const program = buildProgram(async (flags, run) => {
    json = flags.json === true;
    exitCode = (await run({ io, parts, flags })) ?? exitCodes.ok.code;
  });
  const output: string[] = [];
  const errors: string[] = [];
  for (const command of allCommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => output.push(text),
      writeErr: (text) => errors.push(text),
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    exitCode = error instanceof CommanderError ? usageCode(error) : exitCodeOf(error);
    if (!(error instanceof CommanderError)) errors.push(errorText(asPatinaError(error), json));
  }
  await write(io.stdout, output.join(''));
  await write(io.stderr, errors.join(''));
  return exitCode;
}

/** This command and all below it. */
export function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

/** Help that was asked for is no mistake; help instead of a missing command is. */
function usageCode(error: CommanderError): number {
  return error.exitCode === 0 ? exitCodes.ok.code : exitCodes.usage.code;
}

/** An error as the command line shows it. */
export function errorText(error: PatinaError, json: boolean): string {
  const { code, message, hint } = error;
  if (json) {
    const body = { code, message, ...(hint === undefined ? {} : { hint }) };
    return `${JSON.stringify({ error: body })}\n`;
  }
  const first = `error: ${oneLine(message)} (${code})\n`;
  return hint === undefined ? first : `${first}hint: ${oneLine(hint)}\n`;
}

function oneLine(text: string): string {
  return escapeControls(text.replaceAll(/\s*\n\s*/g, ' ').trim());
}
