// Where a command reads and writes. Tests hand in their own streams and environment.

import type { Readable, Writable } from 'node:stream';

/** Streams and environment of one run of the command line. */
export interface CliIo {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Where passwords are read from; undefined where there is nothing to read. */
  readonly stdin?: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether people read the standard output directly. */
  readonly isTerminal: boolean;
}

/** The streams and the environment of this process. */
export function processIo(): CliIo {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    isTerminal: process.stdout.isTTY === true,
  };
}

/** Writes, and waits while the reader is slower than we are. */
export function write(stream: Writable, text: string): Promise<void> {
  if (text === '') return Promise.resolve();
  return new Promise((resolve) => {
    if (stream.write(text)) resolve();
    else stream.once('drain', () => resolve());
  });
}
