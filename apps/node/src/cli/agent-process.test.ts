// `patina agent` as a process: signals, faults, and the launcher under other versions of Node.js.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'patina-process-')));
afterAll(() => rmSync(directory, { recursive: true }));

const env = {
  PATH: process.env.PATH,
  GOSSIP__PLAINTEXT: 'true',
  DB__PATH: join(directory, 'node.db'),
  LOG__FORMAT: 'json',
};

describe('the agent', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  interface Running {
    readonly child: ChildProcess;
    /** Waits until the log has this message. */
    logged(message: string): Promise<void>;
    readonly ended: Promise<{ code: number | null; log: string }>;
  }

  function start(extra: Record<string, string> = {}): Running {
    const script = join(import.meta.dirname, 'testing/agent-process.ts');
    const child = spawn(process.execPath, [script, 'agent'], {
      env: { ...env, ...extra },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    children.push(child);
    let log = '';
    child.stderr?.on('data', (piece: Buffer) => {
      log += piece.toString('utf8');
      child.emit('logged');
    });
    return {
      child,
      logged: (message) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            if (log.includes(`"msg":"${message}"`)) resolve();
          };
          child.on('logged', look);
          child.on('close', () => reject(new Error(`ended before it logged ${message}:\n${log}`)));
          look();
        }),
      ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, log }))),
    };
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('stops in order on %s', async (signal) => {
    const { child, logged, ended } = start({ STOP_MS: '50' });
    await logged('ready');
    child.kill(signal);
    const { code, log } = await ended;
    expect(code).toBe(0);
    expect(log).toContain('"msg":"stopped"');
  });

  it('ends at once on a second signal', async () => {
    const { child, logged, ended } = start({ STOP_MS: '60000' });
    await logged('ready');
    child.kill('SIGTERM');
    await logged('stopping');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(128 + 15);
  });

  it('takes an interrupt that comes twice at once as one', async () => {
    const { child, logged, ended } = start({ STOP_MS: '100' });
    await logged('ready');
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
  });

  it('ends with an error when it cannot stop within 5 s', async () => {
    const { child, logged, ended } = start({ STOP_MS: '60000' });
    await logged('ready');
    const before = performance.now();
    child.kill('SIGTERM');
    const { code, log } = await ended;
    expect(code).toBe(1);
    expect(log).toContain('did not stop in time');
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it.each(['rejection', 'exception'])('ends on an unhandled %s, with a line', async (fault) => {
    const { code, log } = await start({ FAULT: fault }).ended;
    expect(code).toBe(1);
    expect(log).toContain(`${fault} that nobody handled`);
    expect(log).toContain('"level":"fatal"');
  });
});

describe('the launcher', () => {
  const launcher = join(import.meta.dirname, '../../bin/patina.js');
  const oldNode = findOldNode();

  it('runs the command on a new Node.js', () => {
    const { status, stdout } = run(process.execPath, launcher, ['config', 'check', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ file: null });
  });

  it('passes exit codes and streams on', () => {
    const { status, stderr } = run(process.execPath, launcher, ['frobnicate']);
    expect(status).toBe(2);
    expect(stderr).toContain('unknown command');
  });

  it('says which package is missing', () => {
    const copy = copyLauncher('new-node');
    const main = join(dirname(copy), '../src/cli/main.ts');
    mkdirSync(dirname(main), { recursive: true });
    writeFileSync(main, "import 'some-package';\n");
    const { status, stderr } = run(process.execPath, copy, []);
    expect(status).toBe(1);
    expect(stderr).toContain('the package some-package is not installed');
    expect(stderr).toContain(`run \`npm install\` in ${join(directory, 'new-node')}`);
  });

  // Only where the machine has an old Node.js beside the one of node_modules.
  it.runIf(oldNode !== undefined)('hands over to the Node.js of node_modules', () => {
    const checked = run(oldNode ?? '', launcher, ['config', 'check', '--json']);
    expect(checked.stderr).toBe('');
    expect(JSON.parse(checked.stdout)).toMatchObject({ file: null });
    expect(run(oldNode ?? '', launcher, ['frobnicate']).status).toBe(2);
    const copy = copyLauncher('old-node');
    const { status, stderr } = run(oldNode ?? '', copy, ['--help']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/it needs Node\.js 24 or newer, and this is \d+\./);
    expect(stderr).toContain(`run \`npm install\` in ${join(directory, 'old-node')}`);
  });

  function run(node: string, script: string, args: readonly string[]) {
    return spawnSync(node, [script, ...args], { env, encoding: 'utf8', timeout: 20_000 });
  }

  /** The launcher in a tree where nothing is installed. */
  function copyLauncher(name: string): string {
    const copy = join(directory, name, 'apps/node/bin/patina.js');
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(launcher, copy);
    writeFileSync(join(dirname(copy), '../package.json'), '{"type":"module"}');
    return copy;
  }

  function findOldNode(): string | undefined {
    const places = [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/local/bin'];
    return places
      .map((place) => join(place, 'node'))
      .filter((path) => existsSync(path))
      .find((path) => {
        const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
        const major = Number(/^v(\d+)/.exec(stdout)?.[1]);
        return major >= 20 && major < 24;
      });
  }
});
