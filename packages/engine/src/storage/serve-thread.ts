// The serving thread: reads old versions for peers that sync, on a connection of its own, so that neither
// the event loop nor the writer waits for it.

import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../base/assert.ts';
import type { NeedSlice, SyncNeed } from '../ports.ts';
import { ChangeServer } from './change-server.ts';
import { openDatabase } from './open-database.ts';

export interface ServeRequest {
  readonly id: number;
  readonly need: SyncNeed;
  readonly bytesMax: number;
}

export type ServeAnswer =
  | { readonly id: number; readonly slice: NeedSlice }
  | { readonly id: number; readonly error: string };

/** Page cache of the connection; it reads mostly what was written lately. */
const cacheKib = 8_192;

const port = must(parentPort, 'the server of changes runs as a worker thread');
const { path } = workerData as { path: string };
const db = openDatabase(path, { synchronous: 'normal', cacheKib, readonly: true });
const server = new ChangeServer(db);

port.on('message', ({ id, need, bytesMax }: ServeRequest) => {
  let answer: ServeAnswer;
  try {
    answer = { id, slice: server.read(need, bytesMax) };
  } catch (error) {
    answer = { id, error: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(answer);
});
port.on('close', () => db.close());
