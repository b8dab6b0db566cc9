// Passwords come from a prompt that shows nothing, or from standard input: never from the command line, which
// other users of the machine can read.

import type { Readable } from 'node:stream';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { CliIo } from './io.ts';
import { write } from './io.ts';

const passwordCharsMax = 1_024;

/** The password; asked for twice where somebody types it. */
export async function readPassword(io: CliIo): Promise<string> {
  const { stdin } = io;
  if (stdin === undefined) throw noPassword();
  if (!isTerminal(stdin)) return firstLine(stdin);
  const password = await typed(io, stdin, 'Password: ');
  const again = await typed(io, stdin, 'Again:    ');
  stdin.pause();
  if (password === again) return password;
  throw new PatinaError('PATINA_BAD_REQUEST', 'the two passwords differ');
}

interface Terminal extends Readable {
  setRawMode(isRaw: boolean): unknown;
}

function isTerminal(stdin: Readable): stdin is Terminal {
  return 'isTTY' in stdin && stdin.isTTY === true && 'setRawMode' in stdin;
}

async function firstLine(stdin: Readable): Promise<string> {
  let text = '';
  for await (const piece of stdin) {
    text += String(piece);
    if (text.includes('\n') || text.length > passwordCharsMax) break;
  }
  const line = text.split('\n', 1)[0]?.replace(/\r$/, '') ?? '';
  if (line === '') throw noPassword();
  return line;
}

async function typed(io: CliIo, stdin: Terminal, prompt: string): Promise<string> {
  await write(io.stderr, prompt);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    return await new Promise((resolve, reject) => {
      let text = '';
      const onData = (piece: string): void => {
        for (const char of piece) {
          if (char === '\r' || char === '\n') {
            settle(() => resolve(text));
            return;
          }
          if (char === '\u0003' || char === '\u0004') {
            settle(() => reject(noPassword()));
            return;
          }
          if (char === '\u007f' || char === '\b') text = [...text].slice(0, -1).join('');
          else if (text.length < passwordCharsMax) text += char;
        }
      };
      const settle = (run: () => void): void => {
        stdin.off('data', onData);
        run();
      };
      stdin.on('data', onData);
      stdin.resume();
    });
  } finally {
    stdin.setRawMode(false);
    await write(io.stderr, '\n');
  }
}

function noPassword(): PatinaError {
  return new PatinaError('PATINA_BAD_REQUEST', 'no password was given', {
    hint: 'Type it, or send it to standard input: patina user create anna < password.txt',
  });
}
