// `patina agent`: runs a node until a signal ends it. The first signal stops it in order, within a
// deadline; the second ends it at once. A fault that nobody handles ends it with a line in the log.

import type { Logger } from 'pino';
import { parentGone } from '../../agent/parent-channel.ts';
import { checkConfig } from '../../config/check.ts';
import { formatHostPort } from '../../config/host-port.ts';
import { configWarnings } from '../../config/warnings.ts';
import { createLogger } from '../../log.ts';
import { type CommandContext, loadedConfig, type RunningAgent } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';

/** How long an orderly stop may take, milliseconds. */
const stopMsMax = 5_000;

/**
 * Ctrl-C reaches the agent twice when a launcher passes signals on that the terminal has sent to
 * the whole group already. Within this time the second one is taken as an echo, milliseconds.
 */
const interruptEchoMs = 300;

const signalNumbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

type StopSignal = keyof typeof signalNumbers;

/** Runs the agent; resolves with the exit code once it has stopped. */
export async function runAgent(context: CommandContext): Promise<number> {
  const { config: given, file } = await loadedConfig(context);
  const config = checkConfig(given);
  const logger = createLogger(config.log);
  const log = logger.child({ component: 'agent' });
  endOnFaults(log);
  const stopRequested = Promise.race([listenForSignals(log), parentGone(context.io.env)]);
  log.info({ config: file ?? 'environment and defaults', pid: process.pid }, 'starting');
  for (const warning of configWarnings(config, file)) log.warn(warning);
  const agent = await context.parts.startAgent(config, logger);
  const api = config.api.addr.map(formatHostPort).join(' ');
  log.info({ api, admin: config.admin.path }, 'ready');
  if (!endsWithTerminal()) reloadOnHangUp(log, agent);
  log.info({ signal: await stopRequested }, 'stopping');
  const inTime = await settlesWithin(agent.stop(), stopMsMax);
  if (inTime) log.info('stopped');
  else log.error({ limit_ms: stopMsMax }, 'did not stop in time; ending anyway');
  return inTime ? exitCodes.ok.code : exitCodes.failed.code;
}

/** Resolves with the first signal to stop. Every later one ends the process. */
function listenForSignals(log: Logger): Promise<StopSignal> {
  return new Promise((resolve) => {
    let first: { readonly signal: StopSignal; readonly atMs: number } | undefined;
    const onSignal = (signal: StopSignal): void => {
      const nowMs = performance.now();
      if (first === undefined) {
        first = { signal, atMs: nowMs };
        resolve(signal);
        return;
      }
      const sameInterrupt = signal === 'SIGINT' && first.signal === 'SIGINT';
      if (sameInterrupt && nowMs - first.atMs < interruptEchoMs) return;
      // Whatever was acknowledged is committed already: ending here loses nothing of it.
      log.warn({ signal }, 'a second signal: ending at once');
      process.exit(128 + signalNumbers[signal]);
    };
    const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];
    for (const signal of endsWithTerminal() ? [...signals, 'SIGHUP' as const] : signals) {
      process.on(signal, () => onSignal(signal));
    }
  });
}

/** A terminal that closes sends SIGHUP; to a daemon it means: read your files again. */
function endsWithTerminal(): boolean {
  return process.stdin.isTTY === true;
}

function reloadOnHangUp(log: Logger, agent: RunningAgent): void {
  process.on('SIGHUP', () => {
    try {
      agent.reload?.();
      log.info('read the certificates again');
    } catch (error) {
      log.error({ err: error }, 'kept the old certificates');
    }
  });
}

function endOnFaults(log: Logger): void {
  const end = (err: unknown, what: string): void => {
    log.fatal({ err: err instanceof Error ? err : new Error(String(err)) }, what);
    process.exit(exitCodes.failed.code);
  };
  process.on('unhandledRejection', (reason) => end(reason, 'a rejection that nobody handled'));
  process.on('uncaughtException', (error) => end(error, 'an exception that nobody handled'));
}

/** Whether the promise is fulfilled in time; a rejection is passed on. */
async function settlesWithin(promise: Promise<void>, limitMs: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), limitMs);
  try {
    return await Promise.race([promise.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
