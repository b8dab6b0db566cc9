// The command line's side of the admin socket: one connection, one request, one answer.

import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ErrorCode } from '@patina/engine/base/errors.ts';
import { errorCodes, PatinaError } from '@patina/engine/base/errors.ts';
import {
  encodeFrame,
  FrameDecoder,
  malformedFrame,
  requestBytesMax,
  responseBytesMax,
} from './frames.ts';
import type { AdminCommand, AdminParams, AdminResults } from './protocol.ts';
import { adminResponse, adminShapes } from './protocol.ts';

/** How long an agent may take over a command that has no limit of its own, milliseconds. */
export const adminTimeoutMsDefault = 60_000;

/**
 * Asks the agent at `path`. Rejects with PATINA_PEER_UNREACHABLE when nobody answers there, with
 * PATINA_UNAUTHORIZED when the socket is another user's, with PATINA_WAIT_TIMEOUT when the agent
 * takes longer than `timeoutMs`, and with whatever error the agent answers.
 */
export async function askAgent<C extends AdminCommand>(
  path: string,
  command: C,
  params: AdminParams[C],
  timeoutMs: number = adminTimeoutMsDefault,
): Promise<AdminResults[C]> {
  const frame = encodeFrame({ command, params }, requestBytesMax);
  const response = adminResponse.safeParse(await roundTrip(path, frame, timeoutMs));
  if (!response.success) throw malformedFrame('the agent answered with something else');
  if ('error' in response.data) {
    const { code, message, hint } = response.data.error;
    throw new PatinaError(knownCode(code), message, hint === undefined ? {} : { hint });
  }
  const result = adminShapes[command].result.safeParse(response.data.ok);
  if (!result.success) {
    throw malformedFrame(`the answer to ${command} is not understood`, result.error);
  }
  return result.data;
}

function roundTrip(path: string, frame: Buffer, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const decoder = new FrameDecoder(responseBytesMax);
    const socket: Socket = connect(path);
    const fail = (error: PatinaError): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(tooSlow(timeoutMs)), timeoutMs);
    socket.once('connect', () => socket.write(frame));
    socket.once('error', (error) => fail(connectFault(path, error)));
    socket.once('close', () => fail(endedEarly(path)));
    socket.on('data', (piece: Buffer) => {
      try {
        const values = decoder.push(piece);
        if (values.length === 0) return;
        clearTimeout(timer);
        resolve(values[0]);
        socket.destroy();
      } catch (error) {
        fail(error instanceof PatinaError ? error : malformedFrame(String(error), error));
      }
    });
  });
}

function connectFault(path: string, error: Error): PatinaError {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') {
    return new PatinaError('PATINA_UNAUTHORIZED', `not allowed to use the admin socket ${path}`, {
      hint: 'Run the command as the user that the agent runs as.',
      cause: error,
    });
  }
  return new PatinaError('PATINA_PEER_UNREACHABLE', `no agent answers at ${path}`, {
    hint: 'Start it with patina agent, or name its socket with --admin-path or -c.',
    cause: error,
  });
}

function endedEarly(path: string): PatinaError {
  return new PatinaError(
    'PATINA_PEER_UNREACHABLE',
    `the agent at ${path} ended without an answer`,
    {
      hint: 'See the log of the agent.',
    },
  );
}

function tooSlow(timeoutMs: number): PatinaError {
  return new PatinaError(
    'PATINA_WAIT_TIMEOUT',
    `the agent did not answer in ${timeoutMs / 1000} s`,
  );
}

function knownCode(code: string): ErrorCode {
  return errorCodes.find((known) => known === code) ?? 'PATINA_INTERNAL';
}
