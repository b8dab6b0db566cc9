// What is worth a warning and no reason not to start: options without effect, secrets that other
// users of the machine can read.

import { statSync } from 'node:fs';
import { gossipTlsFiles } from './check.ts';
import type { Config } from './options.ts';

/** Sentences about a checked configuration; `file` is where it was read from. */
export function configWarnings(config: Config, file: string | undefined): string[] {
  const warnings: string[] = [];
  const { client } = config.gossip.tls;
  if (client.certFile !== undefined || client.keyFile !== undefined) {
    warnings.push('gossip.tls.client is not used: a node dials with its own certificate');
  }
  if (config.api.endpointName !== undefined) {
    warnings.push('api.endpoint_name is not used yet: requests are not compared with it');
  }
  const keyFile = gossipTlsFiles(config)?.keyFile;
  if (keyFile !== undefined && othersCanRead(keyFile)) {
    warnings.push(`gossip.tls.key_file ${keyFile} can be read by other users: chmod 600 it`);
  }
  if (file !== undefined && config.api.authz.bearerToken !== undefined && othersCanRead(file)) {
    warnings.push(`${file} can be read by other users: if it holds the token, chmod 600 it`);
  }
  return warnings;
}

function othersCanRead(path: string): boolean {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o004) !== 0;
}
