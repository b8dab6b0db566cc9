// `patina tls`: the CA of a cluster and the certificates of its nodes and clients, as PEM files.

import { readFileSync } from 'node:fs';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { writeCredentials } from '../../tls/certificates.ts';
import { type CertificatePair, type CommandContext, printJson, printLine } from '../context.ts';
import { neededActorId } from './sync.ts';

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
  const certificates = await context.parts.certificates();
  await save(context, 'ca', await certificates.generateCa(), flags);
}

/** Makes the certificate of a node that is reached at these addresses. */
export async function runTlsNode(
  context: CommandContext,
  hosts: readonly string[],
  flags: OutputFlags & CaFlags & { readonly actorId?: string },
): Promise<void> {
  const actorId = flags.actorId === undefined ? undefined : neededActorId(flags.actorId);
  const ca = readCa(flags);
  const certificates = await context.parts.certificates();
  await save(context, 'node', await certificates.generateNodeCert(ca, hosts, actorId), flags);
}

/** Makes a certificate that only dials. */
export async function runTlsClient(
  context: CommandContext,
  flags: OutputFlags & CaFlags,
): Promise<void> {
  const ca = readCa(flags);
  const certificates = await context.parts.certificates();
  await save(context, 'client', await certificates.generateClientCert(ca), flags);
}

function readCa({ caCert, caKey }: CaFlags): CertificatePair {
  return { certPem: readPem('--ca-cert', caCert), keyPem: readPem('--ca-key', caKey) };
}

function readPem(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(flag, path, error);
  }
}

function unreadable(flag: string, path: string, cause: unknown): PatinaError {
  return new PatinaError('PATINA_TLS_INVALID', `${flag}: cannot read ${path}`, {
    hint: 'Make a CA with patina tls ca generate, or name its files.',
    cause,
  });
}

async function save(
  context: CommandContext,
  name: string,
  pair: CertificatePair,
  { out, force }: OutputFlags,
): Promise<void> {
  const { certFile, keyFile } = writeCredentials(out, name, pair, { force: force === true });
  if (context.flags.json === true) {
    return printJson(context, { cert_file: certFile, key_file: keyFile });
  }
  await printLine(context, `certificate: ${certFile}`);
  await printLine(context, `key:         ${keyFile} (keep it secret)`);
}
