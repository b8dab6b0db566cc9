// Certificates as the command line and the demo need them: made with the engine's generator, which
// plain-text gossip uses too, and written so that only their owner can read the keys.

import { closeSync, fchmodSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { CertificateAndKey } from '@patina/engine/transport/certificates.ts';
import * as generator from '@patina/engine/transport/certificates.ts';

const keyMode = 0o600;
const certMode = 0o644;
const directoryMode = 0o700;

/** Makes the certificates of a cluster. */
export const certificates = {
  /** A new CA, good for five years. */
  generateCa(): Promise<CertificateAndKey> {
    return generator.generateCa({ commonName: 'Patina cluster CA' });
  },

  /** A node reached at these IP addresses and DNS names; good for a year. */
  generateNodeCert(
    ca: CertificateAndKey,
    hosts: readonly string[],
    actorId?: ActorId,
  ): Promise<CertificateAndKey> {
    return generator.generateNodeCert({
      caCertPem: ca.certPem,
      caKeyPem: ca.keyPem,
      addresses: hosts,
      ...(actorId === undefined ? {} : { actorId }),
    });
  },

  /** A client that only dials; good for a year. */
  generateClientCert(ca: CertificateAndKey): Promise<CertificateAndKey> {
    return generator.generateClientCert({ caCertPem: ca.certPem, caKeyPem: ca.keyPem });
  },
};

/** Where a certificate and its key were written. */
export interface CredentialPaths {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Writes `<name>_cert.pem` and `<name>_key.pem` (mode 0600) into a directory, which is made if it is
 * missing. Throws PATINA_TLS_INVALID where one of them exists, unless `force`, and where it can't write.
 */
export function writeCredentials(
  directory: string,
  name: string,
  pair: CertificateAndKey,
  { force = false }: { readonly force?: boolean } = {},
): CredentialPaths {
  const paths = {
    certFile: join(directory, `${name}_cert.pem`),
    keyFile: join(directory, `${name}_key.pem`),
  };
  const flag = force ? 'w' : 'wx';
  try {
    mkdirSync(directory, { recursive: true, mode: directoryMode });
    // The key first: where it may not be overwritten, nothing is touched.
    writeFile(paths.keyFile, pair.keyPem, keyMode, flag);
    writeFile(paths.certFile, pair.certPem, certMode, flag);
    return paths;
  } catch (error) {
    throw writeFault(directory, error);
  }
}

function writeFile(path: string, text: string, mode: number, flag: 'w' | 'wx'): void {
  const file = openSync(path, flag, mode);
  try {
    // The mode given at the opening does not reach a file that existed.
    fchmodSync(file, mode);
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}

function writeFault(directory: string, error: unknown): PatinaError {
  const path = error instanceof Error && 'path' in error ? String(error.path) : directory;
  const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
  return new PatinaError(
    'PATINA_TLS_INVALID',
    `${exists ? 'exists already' : 'cannot write'}: ${path}`,
    {
      cause: error,
      hint: exists
        ? 'Overwrite with --force, or name another directory.'
        : 'Name another directory.',
    },
  );
}
