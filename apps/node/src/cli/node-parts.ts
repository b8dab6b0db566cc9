// The parts of the node that commands start, each loaded when a command asks for it.

import { PatinaError } from '@patina/engine/base/errors.ts';
import type { NodeParts } from './context.ts';

/** The real parts. */
export const nodeParts: NodeParts = {
  async startAgent(config, logger) {
    const { startAgent } = await import('../agent.ts');
    return startAgent(config, logger);
  },
  runDemo: () => missing('the demo'),
  certificates: async () => (await import('../tls/certificates.ts')).certificates,
  databaseFiles: async () => (await import('./database-files.ts')).databaseFiles,
};

function missing(what: string): Promise<never> {
  return Promise.reject(new PatinaError('PATINA_INTERNAL', `${what} is not part of this build`));
}
