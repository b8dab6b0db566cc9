// Runs the command line in this process, with captured streams and parts that can be replaced.

import { Writable } from 'node:stream';
import type { NodeParts } from '../context.ts';
import { runCli } from '../run.ts';

/** What one run printed, and its exit code. */
export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a run starts with. */
export interface CliSetup {
  readonly env?: Readonly<Record<string, string>>;
  readonly parts?: Partial<NodeParts>;
  readonly isTerminal?: boolean;
}

/** Runs `patina` with these arguments. Parts that a test does not give fail when they are used. */
export async function runForTest(
  args: readonly string[],
  setup: CliSetup = {},
): Promise<CliResult> {
  const stdout = new Capture();
  const stderr = new Capture();
  const io = {
    stdout,
    stderr,
    env: setup.env ?? {},
    isTerminal: setup.isTerminal ?? false,
  };
  const unused = (): Promise<never> => Promise.reject(new Error('this part is not for this test'));
  const parts: NodeParts = {
    startAgent: unused,
    runDemo: unused,
    certificates: unused,
    databaseFiles: unused,
    ...setup.parts,
  };
  const code = await runCli(args, io, parts);
  return { code, out: stdout.text, err: stderr.text };
}

/** Keeps what is written to it. */
export class Capture extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}
