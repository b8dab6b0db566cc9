// The parts of the node that commands start, each loaded when a command asks for it.

import type { NodeParts } from './context.ts';

/** The real parts. */
export const nodeParts: NodeParts = {
  async startAgent(config, logger) {
    const { startAgent } = await import('../agent.ts');
    return startAgent(config, logger);
  },
  async runDemo(options) {
    const { runDemo } = await import('../demo/demo.ts');
    return runDemo(options);
  },
  certificates: async () => (await import('../tls/certificates.ts')).certificates,
  databaseFiles: async () => (await import('./database-files.ts')).databaseFiles,
};
