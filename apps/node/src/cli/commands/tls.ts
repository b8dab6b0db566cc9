// `patina tls`: the CA of a cluster and the certificates of its nodes and clients, as PEM files.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { type CertificatePair, type CommandContext, printJson, printLine } from '../context.ts';

/** Where files go. */
export interface OutputFlags {
  /** The directory. */
  readonly out: string;
  /** Whether to overwrite. */
  readonly force?: boolean;
}

/** Files of the CA that signs. */
export interface CaFlags {
  readonly caCert: string;
  readonly caKey: string;
}

/** Makes the CA of a cluster. */
export async function runTlsCa(context: CommandContext, flags: OutputFlags): Promise<void> {
  const paths = freePaths('ca', flags);
  const certificates = await context.parts.certificates();
  await save(context, paths, await certificates.generateCa());
}

/** Makes the certificate of a node that is reached at these addresses. */
export async function runTlsNode(
  context: CommandContext,
  hosts: readonly string[],
  flags: OutputFlags & CaFlags,
): Promise<void> {
  const paths = freePaths('node', flags);
  const certificates = await context.parts.certificates();
  await save(context, paths, await certificates.generateNodeCert(readCa(flags), hosts));
}

/** Makes a certificate that only dials. */
export async function runTlsClient(
  context: CommandContext,
  flags: OutputFlags & CaFlags,
): Promise<void> {
  const paths = freePaths('client', flags);
  const certificates = await context.parts.certificates();
  await save(context, paths, await certificates.generateClientCert(readCa(flags)));
}

interface PairPaths {
  readonly cert: string;
  readonly key: string;
}

/** Where the pair goes. A key that is overwritten is lost, so that it takes --force. */
function freePaths(name: string, { out, force }: OutputFlags): PairPaths {
  const paths = { cert: join(out, `${name}_cert.pem`), key: join(out, `${name}_key.pem`) };
  const taken = [paths.cert, paths.key].find((path) => existsSync(path));
  if (taken !== undefined && force !== true) {
    throw new PatinaError('PATINA_BAD_REQUEST', `${taken} exists`, {
      hint: 'Name another directory with --out, or overwrite with --force.',
    });
  }
  return paths;
}

function readCa({ caCert, caKey }: CaFlags): CertificatePair {
  return { certPem: readPem('--ca-cert', caCert), keyPem: readPem('--ca-key', caKey) };
}

function readPem(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fileFault(
      `${flag}: cannot read ${path}`,
      'Make a CA with patina tls ca generate, or name its files.',
      error,
    );
  }
}

async function save(
  context: CommandContext,
  paths: PairPaths,
  { certPem, keyPem }: CertificatePair,
): Promise<void> {
  try {
    mkdirSync(join(paths.key, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(paths.key, keyPem, { mode: 0o600 });
    writeFileSync(paths.cert, certPem, { mode: 0o644 });
  } catch (error) {
    throw fileFault(`cannot write ${paths.key}`, 'Name a directory of your own with --out.', error);
  }
  if (context.flags.json === true) {
    return printJson(context, { cert_file: paths.cert, key_file: paths.key });
  }
  await printLine(context, `certificate: ${paths.cert}`);
  await printLine(context, `key:         ${paths.key} (keep it secret)`);
}

function fileFault(message: string, hint: string, cause: unknown): PatinaError {
  return new PatinaError('PATINA_TLS_INVALID', message, { hint, cause });
}
