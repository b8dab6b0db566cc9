// Set-up notices what changes an install and nothing else, and refuses a Node that is too old in
// words.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryTree } from './checks/testing/temporary-tree.ts';
import {
  checkMachine,
  checkNodeVersion,
  installFingerprint,
  workspaceManifests,
} from './setup.mjs';

const files = {
  'package.json': JSON.stringify({ name: 'root', workspaces: ['packages/*', 'bench'] }),
  'package-lock.json': '{}',
  'packages/b/package.json': JSON.stringify({ name: 'b', scripts: { a: '1' } }),
  'packages/a/package.json': '{}',
  'packages/no-manifest/a.ts': '',
  'bench/package.json': '{}',
  'other/package.json': '{}',
};

function repository(): string {
  const tree = temporaryTree(files);
  onTestFinished(tree.remove);
  return tree.dir;
}

test('workspaces are found by their manifests', () => {
  expect(workspaceManifests(repository())).toEqual([
    'bench/package.json',
    'packages/a/package.json',
    'packages/b/package.json',
  ]);
});

test('the fingerprint changes with the lockfile and with dependencies, not with scripts', () => {
  const dir = repository();
  const first = installFingerprint(dir);
  const manifest = join(dir, 'packages/b/package.json');
  writeFileSync(manifest, JSON.stringify({ name: 'b', scripts: { a: '2' } }));
  expect(installFingerprint(dir)).toBe(first);
  writeFileSync(manifest, JSON.stringify({ name: 'b', dependencies: { zod: '1' } }));
  const second = installFingerprint(dir);
  expect(second).not.toBe(first);
  writeFileSync(join(dir, 'package-lock.json'), '{"lockfileVersion":3}');
  expect(installFingerprint(dir)).not.toBe(second);
});

test('an old Node is refused with what to do', () => {
  expect(() => checkNodeVersion('18.20.4')).toThrow('Patina needs Node 20 or newer');
  expect(() => checkNodeVersion('20.0.0')).not.toThrow();
  expect(() => checkNodeVersion('26.10.0')).not.toThrow();
});

test('a machine without binaries is refused before anything is installed', () => {
  const lockfile = JSON.stringify({ packages: { 'node_modules/@matrixai/quic-linux-x64': {} } });
  const check = (platform: string, arch: string, isMusl = false) => {
    return () => checkMachine(lockfile, { platform, arch, isMusl });
  };
  expect(check('linux', 'x64')).not.toThrow();
  expect(check('linux', 'arm64')).toThrow('no binaries of QUIC for linux on arm64');
  expect(check('darwin', 'x64')).toThrow('no binaries');
  expect(check('linux', 'x64', true)).toThrow('linux on x64 with musl');
});
