// A program of Patina as a process: what it has written so far and how it ended. None outlives the tests:
// agents stop when the channel to the process that started them closes.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { within } from './wait.ts';

const launcher = fileURLToPath(new URL('../../../apps/node/bin/patina.js', import.meta.url));

/** Characters of output that are kept; tests look at the beginning and at the last lines. */
const outputCharsMax = 4_000_000;

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class PatinaProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  #end: ProcessEnd | undefined;
  #output = '';
  #onOutput: () => void = () => {};

  /** Starts `patina` with these arguments in a directory. */
  constructor(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [launcher, ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: cwd, PATINA_STOP_WITH_PARENT: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    running.add(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (piece: Buffer) => {
        if (this.#output.length < outputCharsMax) this.#output += piece.toString('utf8');
        this.#onOutput();
      });
    }
    const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
    this.ended = promise;
    // After close nothing more is written.
    this.#child.on('close', (code, signal) => {
      running.delete(this.#child);
      this.#end = { code, signal };
      this.#onOutput();
      resolve(this.#end);
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the process could not be started');
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#end === undefined;
  }

  /** Everything that was written to both streams. */
  get output(): string {
    return this.#output;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) this.#child.kill(signal);
  }

  /** Resolves once the text was written; rejects when the process ends before. */
  wrote(text: string, withinMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.#output.includes(text)) resolve();
      else if (this.#end !== undefined) {
        reject(new Error(`it ended before it wrote '${text}':\n${this.tail()}`));
      }
    };
    this.#onOutput = look;
    look();
    return within(`writes '${text}'`, promise, { withinMs, describe: () => this.tail() });
  }

  /** The last lines of the output. */
  tail(lines = 15): string {
    return this.#output.trimEnd().split('\n').slice(-lines).join('\n');
  }
}

/** Runs a command to its end. */
export async function runPatina(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ProcessEnd & { readonly output: string }> {
  const child = new PatinaProcess(args, cwd, env);
  const end = await within(`patina ${args.join(' ')}`, child.ended, {
    withinMs: 30_000,
    describe: () => child.tail(),
  });
  return { ...end, output: child.output };
}
