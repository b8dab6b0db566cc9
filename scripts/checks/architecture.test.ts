// Each rule of the architecture check, seen to pass good code and to catch bad code, on small
// repositories made for the purpose.

import { expect, onTestFinished, test } from 'vitest';
import { checkArchitecture } from './architecture.ts';
import { temporaryTree } from './testing/temporary-tree.ts';

const manifests = {
  'package.json': {
    name: 'root',
    workspaces: ['apps/*', 'packages/*'],
    devDependencies: { vitest: '1' },
  },
  'apps/node/package.json': {
    name: '@patina/node',
    dependencies: { '@patina/api': '1', '@patina/engine': '1' },
  },
  'packages/api/package.json': { name: '@patina/api', dependencies: { '@patina/engine': '1' } },
  'packages/engine/package.json': {
    name: '@patina/engine',
    dependencies: { 'better-sqlite3': '1' },
    devDependencies: { tinybench: '1' },
  },
};

const engine = 'packages/engine/src';

/** The messages, each with its place, that the check has for a repository with these files. */
function problemsOf(files: Record<string, string>, more: Record<string, unknown> = {}): string[] {
  const written = Object.entries({ ...manifests, ...more }).map(
    ([file, manifest]): [string, string] => [file, JSON.stringify(manifest)],
  );
  const tree = temporaryTree({ ...Object.fromEntries(written), ...files });
  onTestFinished(tree.remove);
  const { problems } = checkArchitecture(tree.dir);
  return problems.map(({ file, line, message }) => `${file}:${line ?? ''} ${message}`);
}

test('code that keeps the rules has no problems', () => {
  const files = {
    [`${engine}/base/hlc.ts`]: 'export const a = 1;',
    [`${engine}/ports.ts`]: "import type { A } from './base/hlc.ts'; export interface P { a: A }",
    [`${engine}/sync/needs.ts`]:
      "import { a } from '../base/hlc.ts'; import type { P } from '../ports.ts'; export { a };" +
      'export type Q = { p: P; performance: number; Date: string }; export const b = 2;',
    [`${engine}/storage/writer.ts`]:
      "import 'better-sqlite3'; import 'node:fs'; import { b } from '../sync/needs.ts';" +
      'export const c = Date.now() + b;',
    [`${engine}/sync/needs.test.ts`]:
      "import { test } from 'vitest'; import '../storage/writer.ts'; setTimeout(test, 1);",
    'packages/api/src/shapes.ts': "import '@patina/engine/base/hlc.ts'; export const d = 1;",
    'apps/node/src/main.ts': "import '@patina/api/shapes.ts'; import { d } from './other.ts'; d();",
    'apps/node/src/other.ts': 'export const d = () => 1;',
    'apps/node/src/index.ts': 'export const e = 1;',
  };
  expect(problemsOf(files)).toEqual([]);
});

const purity: [name: string, source: string][] = [
  ['a builtin module', "import 'node:fs';"],
  ['a builtin module without its prefix', "import 'fs';"],
  ['the date', 'export const a = new Date();'],
  ['the time', 'export const a = Date.now();'],
  ['chance', 'export const a = Math.random();'],
  ['chance, in brackets', "export const a = Math['random']();"],
  ['a timer', 'setTimeout(() => undefined, 1);'],
  ['a timer in an object', 'export const timers = { setInterval };'],
  ['the console', "console.log('here');"],
  ['the process', 'export const a = process.env;'],
  ['the clock of the process', 'export const a = performance.now();'],
  ['a way around the rule', 'export const a = globalThis.Date;'],
  ['an undeclared way to chance', 'export const a = crypto.randomUUID();'],
  ['a native package', "import 'better-sqlite3';"],
];

test.each(purity)('a machine that uses %s is a problem', (_name, source) => {
  const padded = `\n${source}`;
  for (const machine of ['base', 'broadcast', 'crdt', 'membership', 'schema', 'sync']) {
    const [problem, ...others] = problemsOf({ [`${engine}/${machine}/a.ts`]: padded });
    expect(problem).toMatch(new RegExp(`^${engine}/${machine}/a\\.ts:2 A machine can't`));
    expect(others).toEqual([]);
  }
});

test('Math itself is no problem in a machine', () => {
  expect(problemsOf({ [`${engine}/base/a.ts`]: 'export const a = Math.max(1, 2);' })).toEqual([]);
});

const directions: [name: string, file: string, source: string, message: string][] = [
  ['a machine another machine', `${engine}/sync/a.ts`, "import '../membership/b.ts';", 'go down'],
  [
    'the base a machine',
    `${engine}/base/a.ts`,
    "import type { B } from '../crdt/b.ts';",
    'go down',
  ],
  [
    'a machine the storage',
    `${engine}/crdt/a.ts`,
    "import type { B } from '../storage/b.ts';",
    'down',
  ],
  ['node.ts the storage', `${engine}/node.ts`, "import './storage/b.ts';", 'go down'],
  ['storage the transport', `${engine}/storage/a.ts`, "import '../transport/b.ts';", 'go down'],
  [
    'a machine a value of the ports',
    `${engine}/sync/a.ts`,
    "import { p } from '../ports.ts';",
    'types',
  ],
  [
    'a machine a dynamic module',
    `${engine}/sync/a.ts`,
    "void import('../storage/b.ts');",
    'go down',
  ],
  ['the engine the api', `${engine}/storage/a.ts`, "import '@patina/api/b.ts';", 'go down'],
  ['the api an app', 'packages/api/src/a.ts', "import '@patina/node/b.ts';", 'go down'],
  [
    'shipped code a helper of tests',
    `${engine}/storage/a.ts`,
    "import './testing/b.ts';",
    'is for tests',
  ],
  ['an app itself by name', 'apps/node/src/a.ts', "import '@patina/node/b.ts';", 'relative path'],
  [
    'an app a package by path',
    'apps/node/src/a.ts',
    "import '../../../packages/api/src/b.ts';",
    'leaves',
  ],
];

test.each(directions)('%s may not import', (_name, file, source, message) => {
  const problems = problemsOf({ [file]: source });
  expect(problems[0]).toContain(message);
  expect(problems[0]).toMatch(new RegExp(`^${file}:1 `));
});

const declarations: [name: string, file: string, source: string, wrong: boolean][] = [
  ['an undeclared package', 'apps/node/src/a.ts', "import 'zod';", true],
  ['an undeclared part of a package', 'apps/node/src/a.ts', "import '@scope/name/part';", true],
  ['an undeclared workspace', 'apps/node/src/a.ts', "import '@patina/pg/a.ts';", true],
  ['an undeclared package for types', 'apps/node/src/a.ts', "import type { Z } from 'zod';", true],
  ['a development package at run time', `${engine}/storage/a.ts`, "import 'tinybench';", true],
  [
    'a development package for types',
    `${engine}/storage/a.ts`,
    "import type {} from 'tinybench';",
    false,
  ],
  ['a test tool in shipped code', `${engine}/storage/a.ts`, "import 'vitest';", true],
  ['a test tool in a test', `${engine}/storage/a.test.ts`, "import 'vitest';", false],
  ['an undeclared package in a test', `${engine}/storage/a.test.ts`, "import 'zod';", true],
  ['a test tool in a script of the root', 'scripts/a.ts', "import 'vitest';", false],
];

test.each(declarations)('%s', (_name, file, source, wrong) => {
  expect(problemsOf({ [file]: source }).length).toBe(wrong ? 1 : 0);
});

test('modules that load each other are a problem, across packages too; types are none', () => {
  const a = `${engine}/storage/a.ts`;
  const b = `${engine}/storage/b.ts`;
  const c = `${engine}/storage/c.ts`;
  const circle = {
    [a]: "import './b.ts';",
    [b]: "export * from './c.ts'; export const b = 1;",
    [c]: "import { type A } from './a.ts'; export const c = 1;",
  };
  expect(problemsOf(circle)).toEqual([
    `${a}: These modules load each other in a circle: ${a} -> ${b} -> ${c} -> ${a}.`,
  ]);
  const erased = { ...circle, [c]: "import type { A } from './a.ts'; export const c = 1;" };
  expect(problemsOf(erased)).toEqual([]);
  const self = { [a]: "import './a.ts';" };
  expect(problemsOf(self)).toHaveLength(1);
});

test('a barrel inside a package is a problem, by name or by content', () => {
  const file = `${engine}/storage/all.ts`;
  const parts = {
    [`${engine}/storage/a.ts`]: 'export const a = 1;',
    [`${engine}/storage/b.ts`]: 'export const b = 1;',
  };
  expect(
    problemsOf({ ...parts, [file]: "export * from './a.ts'; export { b } from './b.ts';" }),
  ).toEqual([expect.stringContaining('No barrels')]);
  expect(problemsOf({ ...parts, 'packages/api/src/index.ts': 'export const a = 1;' })).toEqual([
    expect.stringContaining('No barrels'),
  ]);
});

test('a workspace or an engine part without a row in the rules is a problem', () => {
  const odd = { 'packages/odd/package.json': { name: '@patina/odd' } };
  expect(problemsOf({}, odd)).toEqual([expect.stringContaining('@patina/odd has no row')]);
  expect(problemsOf({ [`${engine}/odd/a.ts`]: 'export const a = 1;' })).toEqual([
    expect.stringContaining('odd has no row'),
  ]);
});

test('a lockfile that misses a dependency of a manifest is a problem', () => {
  const locked = {
    packages: {
      '': manifests['package.json'],
      'apps/node': manifests['apps/node/package.json'],
      'packages/api': manifests['packages/api/package.json'],
      'packages/engine': { devDependencies: { tinybench: '1' } },
    },
  };
  expect(problemsOf({}, { 'package-lock.json': locked })).toEqual([
    expect.stringContaining('packages/engine/package.json: package-lock.json has other'),
  ]);
  const complete = {
    packages: { ...locked.packages, 'packages/engine': manifests['packages/engine/package.json'] },
  };
  expect(problemsOf({}, { 'package-lock.json': complete })).toEqual([]);
});

test('inside the console imports go down only, and features do not know each other', () => {
  const web = 'apps/web/src';
  const manifest = { 'apps/web/package.json': { name: '@patina/web' } };
  const files = {
    [`${web}/ui/good.tsx`]: "import '../format/text.ts';",
    [`${web}/ui/bad.tsx`]: "import '../features/sql/page.tsx';",
    [`${web}/features/sql/page.tsx`]: "import '../../ui/good.tsx'; import './part.tsx';",
    [`${web}/features/sql/part.tsx`]: "import '../live/page.tsx';",
    [`${web}/features/live/page.tsx`]: 'export const a = 1;',
    [`${web}/format/text.ts`]: 'export const a = 1;',
    [`${web}/elsewhere/a.ts`]: "import '../format/text.ts';",
  };
  expect(problemsOf(files, manifest)).toEqual([
    `${web}/elsewhere/a.ts:1 The folder elsewhere of the console has no row in scripts/checks/architecture-rules.ts.`,
    `${web}/features/sql/part.tsx:1 sql can't import live: what features share has a folder below them.`,
    `${web}/ui/bad.tsx:1 ui can't import features: inside the console imports go down only.`,
  ]);
});
