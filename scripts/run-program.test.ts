// What we start on somebody's behalf gets its signals, gives its exit code, and never goes on
// alone.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryTree } from './checks/testing/temporary-tree.ts';
import { rootDir } from './setup.mjs';

const waiting = `
  // Says what ended it.
  import fs from 'node:fs';
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => {
      fs.writeFileSync(process.argv[2] + '/signal', signal);
      process.exit(7);
    });
  }
  setInterval(() => undefined, 1000);
  fs.writeFileSync(process.argv[2] + '/pid', String(process.pid));
`;

/** Starts a program through runProgram, as `node` or inside a shell that stays between. */
async function start(program: string, insideShell: boolean) {
  const tree = temporaryTree({ 'program.mjs': program });
  onTestFinished(tree.remove);
  const runner = `
    import { runProgram } from ${JSON.stringify(join(rootDir, 'scripts/run-program.mjs'))};
    const file = ${JSON.stringify(relative(rootDir, join(tree.dir, 'program.mjs')))};
    const ready = { runtime: process.execPath, env: process.env };
    runProgram(ready, file, [${JSON.stringify(tree.dir)}]);
  `;
  const args = ['--input-type=module', '--eval', runner];
  const child = insideShell
    ? spawn('sh', ['-c', '"$@"; exit $?', 'sh', process.execPath, ...args], { stdio: 'ignore' })
    : spawn(process.execPath, args, { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, dir: tree.dir };
}

async function textOf(path: string): Promise<string> {
  return vi.waitFor(() => {
    expect(existsSync(path)).toBe(true);
    const text = readFileSync(path, 'utf8');
    expect(text).not.toBe('');
    return text;
  }, 10_000);
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('exit', (code) => resolve(code)));
}

test.each(['SIGTERM', 'SIGHUP'] as const)(
  '%s is passed on, and the exit code comes back',
  async (signal) => {
    const { child, dir } = await start(waiting, false);
    const exit = exitOf(child);
    await textOf(join(dir, 'pid'));
    child.kill(signal);
    expect(await exit).toBe(7);
    expect(await textOf(join(dir, 'signal'))).toBe(signal);
  },
);

test('a program that ends by itself gives its exit code', async () => {
  const { child } = await start('process.exitCode = 3;', false);
  expect(await exitOf(child)).toBe(3);
});

test('a program is ended when the shell that started us is killed', async () => {
  const { child, dir } = await start(waiting, true);
  const pid = Number(await textOf(join(dir, 'pid')));
  child.kill('SIGTERM');
  expect(await textOf(join(dir, 'signal'))).toBe('SIGTERM');
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 10_000);
});
