// What people do to this node as a whole: the one implementation behind the admin socket and the console.

import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { NodeActions } from '@patina/api/node-control.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { PatinaNode } from '@patina/engine/node.ts';
import type { NodeStorage } from '@patina/engine/storage/threaded-storage.ts';
import type { Logger } from 'pino';
import { setLogLevel } from '../log.ts';

export interface ActionParts {
  /** The one whose level is changed, with its children. */
  readonly logger: Logger;
  readonly node: Pick<PatinaNode, 'rejoin' | 'leave' | 'requestSync' | 'membership'>;
  readonly storage: Pick<NodeStorage, 'backup' | 'checkpoint'>;
}

export function createNodeActions({ logger, node, storage }: ActionParts): NodeActions {
  return {
    async rejoin() {
      node.rejoin();
      return { incarnation: node.membership.self().incarnation };
    },
    leave: () => node.leave(),
    async setLogLevel(level) {
      setLogLevel(logger, level);
      return { level };
    },
    async checkpoint() {
      const { isBusy, walFrames, checkpointedFrames } = await storage.checkpoint();
      return { busy: isBusy, wal_frames: walFrames, checkpointed_frames: checkpointedFrames };
    },
    async backup(path) {
      // Whoever asks is elsewhere, and knows nothing of the folder that this process runs in.
      if (!isAbsolute(path)) {
        throw new PatinaError('PATINA_BAD_REQUEST', `${path} is no absolute path`, {
          hint: 'Name the file from the root of the file system of the node.',
        });
      }
      const startMs = performance.now();
      await storage.backup(path);
      return { path, bytes: statSync(path).size, time_ms: performance.now() - startMs };
    },
    requestSync: async () => ({ asked: node.requestSync() }),
  };
}
