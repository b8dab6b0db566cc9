// The live process: pipes around a LiveServer. Messages are read by the event loop; what is sent is
// written at once, and blocks while the parent does not read.

import { flushCompileCache } from 'node:module';
import { Socket } from 'node:net';
import { assert, must } from '../../base/assert.ts';
import { FrameOutput } from '../../storage/frame-output.ts';
import { FrameReader } from '../../storage/frame-reader.ts';
import { sqlErrorOf } from '../../storage/sql-error.ts';
import type { LiveEngine, LiveEngineOptions } from '../engine/engine-types.ts';
import { encodeFromLive } from './from-live-frames.ts';
import type { LiveConfiguration, ToLive } from './live-protocol.ts';
import { LiveServer } from './live-server.ts';
import { type StatementWatch, watchStatements } from './statement-watch.ts';
import { decodeToLive } from './to-live-frames.ts';

const requestFd = 0;
const answerFd = 1;

/** Gathers what is sent in one turn, so that it is one write and wakes the parent once. */
const gatherBytesMax = 256 * 1024;

interface Running {
  readonly engine: LiveEngine;
  readonly server: LiveServer;
  readonly watch: StatementWatch;
}

/** Runs the process until its parent closes the pipe. */
export function runLiveProcess(openEngine: (options: LiveEngineOptions) => LiveEngine): void {
  process.title = 'patina-live';
  // Signals to the process group are for the node, which ends this process when it is done.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => undefined);
  }
  const parentPid = Number(must(process.argv[2], 'the live process is told who its parent is'));
  const output = new FrameOutput(answerFd, gatherBytesMax);
  const input = new Socket({ fd: requestFd, readable: true, writable: false });
  const frames = new FrameReader(() => exit());
  let running: Running | undefined;
  const receive = (message: ToLive): void => {
    if (message.kind === 'configure') {
      running = start(message.configuration, parentPid, openEngine, output);
    } else if (message.kind === 'close') {
      close(running);
    } else {
      assert(running !== undefined, 'the configuration comes first');
      running.watch.evaluating('');
      running.server.handle(message);
      running.watch.evaluating(undefined);
    }
  };
  input.on('data', (chunk: Buffer) => {
    frames.push(chunk);
    for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
      receive(decodeToLive(frame.kind, frame.payload));
    }
    output.flush();
  });
  input.on('end', () => close(running));
  input.on('error', () => close(running));
}

function start(
  configuration: LiveConfiguration,
  parentPid: number,
  openEngine: (options: LiveEngineOptions) => LiveEngine,
  output: FrameOutput,
): Running | undefined {
  const watch = watchStatements(parentPid, configuration.statementMsMax);
  const monotonicMs = (): number => performance.now();
  try {
    const engine = openEngine({
      databasePath: configuration.databasePath,
      statePath: configuration.statePath,
      limits: configuration.limits,
      monotonicMs,
      wallMs: Date.now,
      newId: () => crypto.randomUUID(),
      onEvaluating: (id) => watch.evaluating(id),
    });
    const server = new LiveServer({
      engine,
      monotonicMs,
      send: (message) => output.add(encodeFromLive(message)),
      flush: () => output.flush(),
      turns: {
        soon: (run) => void setImmediate(run),
        after(delayMs, run) {
          const timer = setTimeout(run, delayMs);
          return () => clearTimeout(timer);
        },
      },
    });
    output.add(encodeFromLive({ kind: 'ready' }));
    output.flush();
    flushCompileCache();
    return { engine, server, watch };
  } catch (error) {
    output.add(encodeFromLive({ kind: 'start-failed', error: sqlErrorOf(error) }));
    output.flush();
    return exit();
  }
}

function close(running: Running | undefined): never {
  running?.server.close();
  running?.engine.close();
  return exit();
}

/** The watching thread is blocked, and a normal exit would wait for it. */
function exit(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('a killed process goes no further');
}
