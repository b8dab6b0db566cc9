// One agent of the demo as a process: started, waited for until it serves, stopped, and watched. It is
// in a group of its own, so that Ctrl-C reaches the demo alone, which then stops it in order; and it has
// a channel to the demo, so that it stops by itself when the demo is gone.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { stopWithParentEnv } from '../agent/parent-channel.ts';
import { configFileEnv } from '../config/load.ts';
import { optionsByEnv } from '../config/option-list.ts';
import type { NodePlace } from './layout.ts';
import type { NodeClient } from './node-client.ts';

const launcher = fileURLToPath(new URL('../../bin/patina.js', import.meta.url));

/** How long a node may take until it answers, milliseconds: its log may have to be replayed. */
const readyMsMax = 60_000;

/** How often it is asked meanwhile, milliseconds. */
const askPeriodMs = 50;

/** How long an agent may take to stop; it promises 5 s itself. Milliseconds. */
const stopMsMax = 7_000;

/** How an agent ended. */
export interface AgentEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How an end is told to people. */
export function describeEnd({ code, signal }: AgentEnd): string {
  if (signal === 'SIGKILL') return 'was killed (SIGKILL)';
  return signal === null ? `ended with exit code ${code ?? '?'}` : `was ended by ${signal}`;
}

export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #logFile: string;
  /** Resolves when the process has ended. */
  readonly ended: Promise<AgentEnd>;
  #end: AgentEnd | undefined;

  /** Starts the process; its log is continued, or begun anew. */
  constructor(cwd: string, place: NodePlace, log: 'continue' | 'new') {
    this.#logFile = join(cwd, place.logFile);
    const logFd = openSync(this.#logFile, log === 'new' ? 'w' : 'a', 0o600);
    try {
      this.#child = spawn(process.execPath, [launcher, 'agent', '-c', place.configFile], {
        cwd,
        env: agentEnv(),
        stdio: ['ignore', logFd, logFd, 'ipc'],
        detached: true,
      });
    } finally {
      closeSync(logFd);
    }
    const { promise, resolve } = Promise.withResolvers<AgentEnd>();
    this.ended = promise;
    const onEnd = (end: AgentEnd): void => {
      this.#end ??= end;
      resolve(this.#end);
    };
    this.#child.on('exit', (code, signal) => onEnd({ code, signal }));
    this.#child.on('error', () => onEnd({ code: null, signal: null }));
    this.#child.channel?.unref();
  }

  /** The process id; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#end === undefined;
  }

  /** Resolves once the node answers; rejects, with the last line of its log, when it does not. */
  async ready(client: NodeClient): Promise<void> {
    const deadlineMs = performance.now() + readyMsMax;
    while (this.#end === undefined && performance.now() < deadlineMs) {
      const answers = await client.health().then(
        () => true,
        () => false,
      );
      if (answers) return;
      await pause(askPeriodMs);
    }
    const what = this.#end === undefined ? 'does not answer' : describeEnd(this.#end);
    throw new PatinaError('PATINA_INTERNAL', `an agent ${what}: ${this.#lastLogLine()}`, {
      hint: `Its log: ${this.#logFile}`,
    });
  }

  /** Sends a signal, if the process still runs. */
  signal(signal: NodeJS.Signals): void {
    if (this.#end === undefined) this.#child.kill(signal);
  }

  /** Stops the agent in order, or by force when that takes too long. */
  async stop(): Promise<AgentEnd> {
    this.signal('SIGTERM');
    const force = setTimeout(() => this.signal('SIGKILL'), stopMsMax);
    try {
      return await this.ended;
    } finally {
      clearTimeout(force);
    }
  }

  #lastLogLine(): string {
    const lines = readFileSync(this.#logFile, 'utf8').trimEnd().split('\n');
    const line = lines.findLast((each) => each.startsWith('error: ')) ?? lines.at(-1) ?? '';
    return line.replace(/^error: /, '');
  }
}

/** The environment of the agents: what the person has set for other nodes does not reach them. */
function agentEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !optionsByEnv.has(name) && name !== configFileEnv,
  );
  return { ...Object.fromEntries(kept), [stopWithParentEnv]: '1' };
}
