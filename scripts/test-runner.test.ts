// A step of `npm test` is counted by what it left behind, and always ends, with all that it
// started.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryTree } from './checks/testing/temporary-tree.ts';
import { runStep } from './test-runner.mjs';
import type { TestStep } from './test-steps.mjs';

/** Runs a step that is a program for `node`, and returns its result, its output and its folder. */
async function run(program: string, more: Partial<TestStep> = {}) {
  const tree = temporaryTree({ 'program.mjs': program });
  onTestFinished(tree.remove);
  let output = '';
  const step: TestStep = {
    id: 'suite',
    title: 'A suite',
    command: 'node',
    args: ['program.mjs', '{results}'],
    counts: 'last-line',
    timeLimitS: 20,
    ...more,
  };
  const result = await runStep(step, {
    cwd: tree.dir,
    env: process.env,
    resultsDir: join(tree.dir, 'results'),
    write: (text) => {
      output += text;
    },
  });
  return { ...result, output, dir: tree.dir };
}

test('a suite that ends by itself is counted, and its output is shown', async () => {
  const { counts, note, output } = await run(`console.log('a'); console.log('2 passed, 0 failed')`);
  expect(counts).toEqual({ passed: 2, failed: 0, skipped: 0 });
  expect(note).toBe('');
  expect(output).toContain('a\n');
});

test('a suite can write its report into a file', async () => {
  const report = '{"numPassedTests":4,"numFailedTests":1}';
  const program = `import fs from 'node:fs'; fs.writeFileSync(process.argv[2], '${report}');`;
  const { counts } = await run(program, { counts: 'vitest' });
  expect(counts).toEqual({ passed: 4, failed: 1, skipped: 0 });
});

test('a suite that passes its tests and then crashes has failed', async () => {
  const { counts } = await run(`console.log('2 passed, 0 failed'); process.exitCode = 3;`);
  expect(counts).toEqual({ passed: 2, failed: 1, skipped: 0 });
});

test('a command that is not there has failed and says so', async () => {
  const { counts, note } = await run('', { command: 'no-such-command-here', counts: 'check' });
  expect(counts.failed).toBe(1);
  expect(note).toContain('could not be started');
});

test('a suite that is ended by a signal has failed', async () => {
  const { counts, note } = await run(`process.kill(process.pid, 'SIGKILL')`, { counts: 'check' });
  expect(counts.failed).toBe(1);
  expect(note).toBe('ended by SIGKILL');
});

test('a suite over its time limit is ended with the processes that it started', async () => {
  const program = `
    import { spawn } from 'node:child_process';
    import fs from 'node:fs';
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    fs.writeFileSync('pid', String(child.pid));
    setInterval(() => undefined, 1000);
  `;
  const { counts, note, dir } = await run(program, { counts: 'check', timeLimitS: 2 });
  expect(counts.failed).toBe(1);
  expect(note).toBe('ended after its limit of 2 s');
  expect(existsSync(join(dir, 'pid'))).toBe(true);
  const pid = Number(readFileSync(join(dir, 'pid'), 'utf8'));
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 5_000);
});
