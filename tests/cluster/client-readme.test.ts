// The examples of the client's README: they have the right types, run against real nodes, and print what
// the page says.

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestCluster } from './harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'packages/client/README.md'), 'utf8');
const run = promisify(execFile);

/** An example may take this long, milliseconds. */
const exampleMsMax = 20_000;

interface Block {
  readonly language: string;
  readonly code: string;
}

const blocks: readonly Block[] = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
  ([, language = '', code = '']) => ({ language, code }),
);
const schema = blocks.find(({ language }) => language === 'sql')?.code ?? '';
const examples = blocks.flatMap(({ language, code }, index) => {
  const next = blocks[index + 1];
  return language === 'ts' ? [{ code, output: next?.language === 'text' ? next.code : '' }] : [];
});
const page = blocks.find(({ language }) => language === 'tsx')?.code ?? '';

let cluster: TestCluster;
let directory: string;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 2, schema });
  await cluster.start();
  directory = join(cluster.directory, 'examples');
  mkdirSync(directory);
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  for (const [index, { code }] of examples.entries()) {
    writeFileSync(exampleFile(index), withAddresses(code));
  }
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  writeFileSync(join(directory, 'page.tsx'), withAddresses(page));
});

afterAll(() => cluster.close());

function exampleFile(index: number): string {
  return join(directory, `example${index + 1}.ts`);
}

function withAddresses(code: string): string {
  return code
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${cluster.node(1).apiPort}`)
    .replaceAll('127.0.0.1:8081', `127.0.0.1:${cluster.node(2).apiPort}`);
}

it('has examples of the right types', async () => {
  const config = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      lib: ['ES2024', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'],
      jsx: 'react-jsx',
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: ['*.ts', '*.tsx'],
  };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/.bin/tsc');
  const fault: unknown = await run(tsc, ['-p', directory]).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  // The compiler tells what is wrong on its output.
  const told = fault instanceof Error && 'stdout' in fault ? fault.stdout : fault;
  expect(told).toBeUndefined();
});

it.each(examples.map(({ output }, index) => ({ output, index })))(
  'prints what the page says: example $index',
  async ({ output, index }) => {
    const options = { cwd: directory, timeout: exampleMsMax };
    const { stdout, stderr } = await run(process.execPath, [exampleFile(index)], options);
    expect(stderr).toBe('');
    expect(stdout).toBe(output);
  },
);

/** Stands in for a browser: shows the page, and presses the first button once there is one. */
const browser = `
import { Window } from 'happy-dom';
const window = new Window({ url: 'http://localhost' });
globalThis.window = window;
globalThis.document = window.document;
await import('./page.js');
const { body } = window.document;
const text = () => body.textContent;
const until = async (what, check) => {
  const endMs = performance.now() + ${exampleMsMax / 2};
  while (!check()) {
    if (performance.now() > endMs) throw new Error(what + ' in ' + text());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  console.log(text());
};
await until('two', () => body.querySelectorAll('li').length === 2);
body.querySelector('button').click();
await until('one', () => body.querySelectorAll('li').length === 1);
process.exit(0);
`;

it('shows a page of React that lives', async () => {
  const bundle = await rolldown({
    input: join(directory, 'page.tsx'),
    cwd: directory,
    platform: 'browser',
    // Directives for servers mean nothing here.
    onLog: (level, log, report) => {
      if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
    },
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
  });
  await bundle.write({ file: join(directory, 'page.js'), format: 'esm' });
  await bundle.close();
  const file = join(directory, 'browser.js');
  writeFileSync(file, browser);
  const { stdout } = await run(process.execPath, [file], { cwd: directory, timeout: exampleMsMax });
  expect(stdout).toBe('go on donelook done\nlook done\n');
});
