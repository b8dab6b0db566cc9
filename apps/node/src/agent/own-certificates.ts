// The certificates of a first node: it starts a cluster, so it makes the cluster's CA, and a certificate
// for itself. Nodes that join later get theirs from the same CA, with `patina tls node generate`.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { makesOwnCertificates, ownTlsDirectory } from '../config/check.ts';
import type { Config } from '../config/options.ts';

/** Makes what is missing, where the configuration leaves it to the node; the CA is made once. */
export async function ensureOwnCertificates(config: Config, logger: Logger): Promise<void> {
  if (!makesOwnCertificates(config)) return;
  const { certificates, writeCredentials } = await import('../tls/certificates.ts');
  const directory = ownTlsDirectory(config);
  if (!existsSync(join(directory, 'ca_cert.pem'))) {
    writeCredentials(directory, 'ca', await certificates.generateCa());
    logger.info(
      { directory },
      'made a CA for a new cluster; nodes that join need certificates of it',
    );
  }
  if (existsSync(join(directory, 'node_cert.pem'))) return;
  const ca = {
    certPem: readFileSync(join(directory, 'ca_cert.pem'), 'utf8'),
    keyPem: readFileSync(join(directory, 'ca_key.pem'), 'utf8'),
  };
  const { addr, externalAddr } = config.gossip;
  const hosts = [addr.host, ...(externalAddr === undefined ? [] : [externalAddr.host])];
  writeCredentials(directory, 'node', await certificates.generateNodeCert(ca, hosts));
}
