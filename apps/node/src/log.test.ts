// The log: both formats, levels that change while it runs, and secrets that stay hidden.

import { inspect } from 'node:util';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { expect, it } from 'vitest';
import { Secret } from './config/secret.ts';
import { createLogger, logLevel, plaintextLine, resetLogLevel, setLogLevel } from './log.ts';

function collect(format: 'plaintext' | 'json') {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ format, level: 'info', colors: true }, stream);
  return { lines, logger };
}

it('writes one JSON object a line', () => {
  const { lines, logger } = collect('json');
  logger.child({ component: 'sync' }).info({ peer: '10.0.0.7:4001', versions: 3 }, 'round\nended');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/\n$/);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    component: 'sync',
    peer: '10.0.0.7:4001',
    versions: 3,
    msg: 'round\nended',
  });
});

it('writes a line that people can read, and no terminal obeys', () => {
  const { lines, logger } = collect('plaintext');
  logger.child({ component: 'sync' }).warn({ peer: 'a\u001b[2J', rtt: { ms: 3 } }, 'slow\npeer');
  expect(lines.join('')).toMatch(/^\S+Z WARN {2}sync: slow\\npeer peer=a rtt=\{"ms":3\}\n$/);
});

it('shows an error with its stack below the line', () => {
  const { lines, logger } = collect('plaintext');
  logger.error(
    { err: new PatinaError('PATINA_DISK_FULL', 'the disk is full', { hint: 'Make room.' }) },
    'cannot write',
  );
  const [first, second, third, ...rest] = lines.join('').split('\n');
  expect(first).toMatch(/ERROR cannot write/);
  expect(second).toBe('    PatinaError: the disk is full');
  expect(third).toMatch(/^ {4} +at /);
  expect(rest).toContain('    hint: Make room.');
});

it('paints for a terminal only', () => {
  const line = '{"level":"info","time":"2026-11-22T10:00:00.000Z","msg":"ready"}';
  expect(plaintextLine(line, false)).toBe('2026-11-22T10:00:00.000Z INFO  ready');
  expect(plaintextLine(line, true)).toContain('\u001b[32mINFO \u001b[0m');
  const { lines, logger } = collect('plaintext');
  logger.info('ready');
  expect(lines.join('')).not.toContain('\u001b');
});

it('changes its level, and that of the loggers made from it, while it runs', () => {
  const { lines, logger } = collect('json');
  const child = logger.child({ component: 'sync' });
  child.debug('unseen');
  setLogLevel(logger, 'debug');
  child.debug('seen');
  logger.debug('seen too');
  expect(logLevel(logger)).toBe('debug');
  expect(resetLogLevel(logger)).toBe('info');
  child.debug('unseen');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['seen', 'seen too']);
});

it.each(['json', 'plaintext'] as const)('never writes a secret (%s)', (format) => {
  const { lines, logger } = collect(format);
  const text = 'tok-9c1e';
  const token = new Secret(text);
  logger.info({ config: { api: { authz: { bearerToken: token } } }, token }, `token ${token}`);
  logger.info({ headers: { authorization: `Bearer ${text}`, cookie: text } }, 'request');
  logger.info({ request: { headers: { authorization: text } }, password: text }, 'nested');
  logger.info({ authz: { 'bearer-token': text } }, 'as in the file');
  logger.error({ err: new Error(inspect({ token })) }, 'failed');
  expect(lines).toHaveLength(5);
  expect(lines.join('')).not.toContain(text);
  expect(lines.join('')).toContain('***');
});
