// Takes new certificates into use while the node runs: of the listeners, and of gossip.

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { QuicTransport, TransportTls } from '@patina/engine/transport/transport-options.ts';
import type { NodeAccess } from '../access/open-access.ts';
import { type GossipTlsFiles, gossipTlsFiles } from '../config/check.ts';
import type { Config } from '../config/options.ts';

export interface CertificateInUse {
  readonly cert_file: string;
  readonly not_after_ms: number;
}

export interface Reload {
  /** Reads all of them again; throws PATINA_TLS_INVALID, and keeps the old one, where one cannot be used. */
  certificates(): CertificateInUse[];
}

export function createReload(
  config: Config,
  access: NodeAccess,
  transport: Pick<QuicTransport, 'reloadTls'>,
): Reload {
  return {
    certificates() {
      access.reload();
      const told = access.certificates();
      const files = gossipTlsFiles(config);
      if (files === undefined) return told;
      const tls = readGossipTls(files);
      transport.reloadTls(tls);
      const notAfterMs = new X509Certificate(tls.certPem).validToDate.getTime();
      return [...told, { cert_file: files.certFile, not_after_ms: notAfterMs }];
    },
  };
}

/** The certificates of gossip as the transport takes them. */
export function readGossipTls({ caFile, certFile, keyFile }: GossipTlsFiles): TransportTls {
  return {
    caPem: readFileSync(caFile, 'utf8'),
    certPem: readFileSync(certFile, 'utf8'),
    keyPem: readFileSync(keyFile, 'utf8'),
  };
}
