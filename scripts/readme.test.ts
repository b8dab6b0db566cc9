// The commands of `patina` that the README tells people to run are there.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rootDir } from './setup.mjs';

const readme = readFileSync(join(rootDir, 'README.md'), 'utf8');
const lines = [...readme.matchAll(/^npx patina\b(.*)$/gm)].map((match) => match[1] ?? '');
/** The words of each command, up to its first option or value. */
const commands = lines.map((line) => line.replace(/ #.*/, '').trim().split(/\s+/));

test('the README shows how to call patina', () => {
  expect(commands.length).toBeGreaterThan(0);
});

test.each(commands.map((words) => [words.join(' '), words] as const))(
  'patina %s',
  (_name, words) => {
    const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
    const names = end === -1 ? words : words.slice(0, end);
    const program = join(rootDir, 'apps', 'node', 'bin', 'patina.js');
    const { stdout, status } = spawnSync(process.execPath, [program, ...names, '--help'], {
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stdout).toContain(`Usage: ${['patina', ...names].join(' ')} `);
  },
);
