// The command line as a whole: help of every command, usage errors, exit codes, and what `agent`,
// `demo`, `tls` and `config` hand to the parts of the node.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, errorCodes, PatinaError } from '@patina/engine/base/errors.ts';
import type { Command } from 'commander';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { commandLineMarkdown } from './docs.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { buildProgram } from './program.ts';
import { runForTest } from './testing/harness.ts';

const directory = mkdtempSync(join(tmpdir(), 'patina-program-'));
afterAll(() => rmSync(directory, { recursive: true }));

function linesOfCommands(command: Command, path: readonly string[] = []): string[][] {
  const below = command.commands.flatMap((child) =>
    linesOfCommands(child, [...path, child.name()]),
  );
  return [[...path], ...below];
}

const commandLines = linesOfCommands(buildProgram(() => Promise.resolve()));

describe('help', () => {
  it('is there for all commands', () => {
    const names = commandLines.map((words) => words.join(' '));
    for (const name of [
      'agent',
      'query',
      'exec',
      'reload',
      'cluster members',
      'cluster states',
      'cluster rejoin',
      'cluster leave',
      'sync state',
      'sync verify',
      'actor version',
      'tls ca generate',
      'tls node generate',
      'tls client generate',
      'backup',
      'restore',
      'schema plan',
      'schema apply',
      'demo',
      'config check',
    ]) {
      expect(names).toContain(name);
    }
  });

  it.each(commandLines)('of %s %s %s has an example', async (...words) => {
    const given = words.filter((word) => word !== undefined);
    const { code, out, err } = await runForTest([...given, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(
      `Usage: ${['patina', ...given].join(' ').replace(/ (node|states|state|verify)/, ' $1')}`,
    );
    expect(out).toMatch(/Examples:\n {2}\$ patina /);
    expect(out).toContain('--config <file>');
  });

  it('is what docs/command-line.md says (scripts/generate-cli-docs.ts writes it)', () => {
    const path = join(import.meta.dirname, '../../../../docs/command-line.md');
    expect(readFileSync(path, 'utf8')).toBe(commandLineMarkdown());
  });

  it('goes with a version', async () => {
    expect(await runForTest(['--version'])).toMatchObject({ code: 0, out: '0.1.0\n' });
  });

  it('names the exit codes', async () => {
    const { out } = await runForTest(['--help']);
    for (const { code, meaning } of Object.values(exitCodes)) {
      expect(out).toContain(`  ${code}  ${meaning}`);
    }
  });

  it('has only examples that the command line accepts', async () => {
    const { out } = await runForTest(['--help']);
    expect(out).toContain('$ patina agent');
    for (const words of commandLines) {
      const help = (await runForTest([...words, '--help'])).out;
      for (const [, line = ''] of help.matchAll(/^ {2}\$ patina (.*?) +# /gm)) {
        const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
          ([, quoted, bare]) => quoted ?? bare,
        );
        const command = args.slice(0, args.indexOf('&&') >>> 0).filter((arg) => arg !== undefined);
        let chosen = 0;
        const program = buildProgram(async () => {
          chosen++;
        });
        await program.exitOverride().parseAsync(command, { from: 'user' });
        expect({ line, chosen }).toEqual({ line, chosen: 1 });
      }
    }
  });
});

describe('a wrong command line', () => {
  it.each([
    [['frobnicate'], 'unknown command'],
    [['quer', 'SELECT 1'], 'Did you mean query'],
    [['query'], "missing required argument 'sql'"],
    [['query', 'SELECT 1', '--tiemout', '3'], 'Did you mean --timeout'],
    [['query', 'SELECT 1', '--timeout', 'soon'], 'It must be a number of seconds'],
    [['query', 'SELECT 1', '--param-json', '{}'], 'It must be a JSON scalar'],
    [['actor', 'version', 'a', '0'], 'It must be a whole number of 1 or more'],
    [['log', 'set', 'loud'], 'It must be one of trace'],
    [['cluster'], 'Usage: patina cluster'],
    [[], 'Usage: patina'],
  ])('%j ends with exit code 2 and nothing on standard output', async (args, text) => {
    const { code, out, err } = await runForTest(args);
    expect(err).toContain(text);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });
});

it('has an exit code for every error', () => {
  const codeOf = (code: ErrorCode): number => exitCodeOf(new PatinaError(code, ''));
  expect(errorCodes.every((code) => codeOf(code) > 0)).toBe(true);
  expect(codeOf('PATINA_CONFIG_INVALID')).toBe(1);
  expect(codeOf('PATINA_DB_IN_USE')).toBe(1);
  expect(codeOf('PATINA_ADDRESS_IN_USE')).toBe(1);
  expect(exitCodeOf(new TypeError('bug'))).toBe(1);
});

describe('agent', () => {
  it.each([
    ['PATINA_DB_IN_USE', 'another agent has this database open'],
    ['PATINA_ADDRESS_IN_USE', 'api.addr 127.0.0.1:8080 is in use'],
    ['PATINA_DB_NOT_A_DATABASE', 'db.path is no database'],
  ] as const)('says why it cannot start: %s', async (code, message) => {
    const startAgent = vi.fn(() =>
      Promise.reject(new PatinaError(code, message, { hint: 'Cure.' })),
    );
    const env = { GOSSIP__PLAINTEXT: 'true', LOG__LEVEL: 'silent' };
    const args = ['agent', '--db-path', join(directory, 'node.db')];
    const result = await runForTest(args, { env, parts: { startAgent } });
    expect(startAgent).toHaveBeenCalledOnce();
    expect(result).toEqual({ code: 1, out: '', err: `error: ${message} (${code})\nhint: Cure.\n` });
  });

  it('does not begin with a bad configuration', async () => {
    const startAgent = vi.fn();
    const file = join(directory, 'bad.toml');
    writeFileSync(file, '[db]\npaht = "x"\n');
    const result = await runForTest(['agent', '-c', file], { parts: { startAgent } });
    expect(startAgent).not.toHaveBeenCalled();
    expect(result.code).toBe(1);
    expect(result.err).toBe(
      `error: unknown key db.paht (in ${file}) (PATINA_CONFIG_INVALID)\n` +
        'hint: Did you mean db.path? docs/configuration.md lists all keys.\n',
    );
  });
});

it('hands its flags to the demo', async () => {
  const runDemo = vi.fn(() => Promise.resolve());
  await runForTest(['demo'], { parts: { runDemo } });
  await runForTest(['demo', '--nodes=5', '--rate=9', '--port=9000', '--fresh', '--once'], {
    parts: { runDemo },
  });
  expect(runDemo.mock.calls).toEqual([
    [{ nodes: 3, ratePerSecond: 50, port: 8081, fresh: false, once: false }],
    [{ nodes: 5, ratePerSecond: 9, port: 9000, fresh: true, once: true }],
  ]);
});

describe('config check', () => {
  it('prints every value and where it is from, without secrets', async () => {
    const file = join(directory, 'good.toml');
    writeFileSync(file, '[db]\npath = "/data/node.db"\n[api]\nauthz.bearer-token = "tok-77"\n');
    const env = { GOSSIP__PLAINTEXT: 'true' };
    const { code, out } = await runForTest(['config', 'check', '-c', file], { env });
    expect(code).toBe(0);
    expect(out).toContain('the environment variable GOSSIP__PLAINTEXT');
    expect(out).toMatch(/api\.authz\.bearer-token +\*\*\* /);
    expect(out).not.toContain('tok-77');
    const json = (await runForTest(['config', 'check', '-c', file, '--json'], { env })).out;
    expect(JSON.parse(json)).toMatchObject({
      file,
      options: { 'db.path': { value: '"/data/node.db"', from: file } },
    });
    expect(json).not.toContain('tok-77');
  });
});

describe('tls', () => {
  const pair = { certPem: 'CERT', keyPem: 'KEY' };
  const certificates = {
    generateCa: vi.fn(async () => pair),
    generateNodeCert: vi.fn(async () => pair),
    generateClientCert: vi.fn(async () => pair),
  };
  const setup = { parts: { certificates: async () => certificates } };

  it('writes the pair, the key for its owner only, and overwrites nothing', async () => {
    const out = join(directory, 'tls');
    const made = await runForTest(['tls', 'ca', 'generate', '--out', out], setup);
    expect(made.code).toBe(0);
    expect(readFileSync(join(out, 'ca_cert.pem'), 'utf8')).toBe('CERT');
    expect(statSync(join(out, 'ca_key.pem')).mode & 0o777).toBe(0o600);
    const again = await runForTest(['tls', 'ca', 'generate', '--out', out], setup);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('--force') });
    const forced = await runForTest(['tls', 'ca', 'generate', '--out', out, '--force'], setup);
    expect(forced.code).toBe(0);
  });

  it('signs for nodes and clients with the files of the CA', async () => {
    const out = join(directory, 'signed');
    const cert = join(directory, 'the-ca.pem');
    const key = join(directory, 'the-ca.key');
    writeFileSync(cert, 'CA CERT');
    writeFileSync(key, 'CA KEY');
    const ca = { certPem: 'CA CERT', keyPem: 'CA KEY' };
    const flags = ['--out', out, '--ca-cert', cert, '--ca-key', key, '--json'];
    const node = await runForTest(
      ['tls', 'server', 'generate', '10.0.0.7', 'db.local', ...flags],
      setup,
    );
    expect(JSON.parse(node.out)).toEqual({
      cert_file: join(out, 'node_cert.pem'),
      key_file: join(out, 'node_key.pem'),
    });
    expect(certificates.generateNodeCert).toHaveBeenCalledWith(
      ca,
      ['10.0.0.7', 'db.local'],
      undefined,
    );
    await runForTest(['tls', 'client', 'generate', ...flags], setup);
    expect(certificates.generateClientCert).toHaveBeenCalledWith(ca);
    const missing = await runForTest(['tls', 'client', 'generate', '--ca-key', '/none'], setup);
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('PATINA_TLS_INVALID') });
  });
});
