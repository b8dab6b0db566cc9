// Makes certificates: a cluster's own CA, and leaf certificates for its nodes and clients. X.509 by
// @peculiar/x509 over the runtime's WebCrypto; keys are ECDSA P-256, which QUIC's TLS accepts.

import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { ActorId } from '../base/actor-id.ts';
import { PatinaError } from '../base/errors.ts';
import { actorUri } from './verify.ts';

/** A certificate and its private key (PKCS#8), both PEM. */
export interface CertificateAndKey {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Default life of a CA, days. */
export const caDaysDefault = 5 * 365;

/** Default life of a leaf certificate, days. */
export const leafDaysDefault = 365;

/** Certificates start this much in the past, so that peers whose clocks lag accept them at once. */
const backdateMs = 5 * 60_000;

const dayMs = 86_400_000;
const serialBytes = 16;
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signing = { name: 'ECDSA', hash: 'SHA-256' };

interface Lifetime {
  /** How long the certificate is valid, days. */
  readonly days?: number;
  /** Start of validity; now when absent. */
  readonly notBefore?: Date;
}

export interface CaRequest extends Lifetime {
  readonly commonName: string;
}

export interface NodeCertRequest extends Lifetime {
  readonly caCertPem: string;
  readonly caKeyPem: string;
  /** IP addresses and DNS names at which the node can be dialled. */
  readonly addresses: readonly string[];
  /** Ties the certificate to one database; peers then ask for this id instead of an address. */
  readonly actorId?: ActorId;
}

export interface ClientCertRequest extends Lifetime {
  readonly caCertPem: string;
  readonly caKeyPem: string;
  /** Who the client is; default "patina client". */
  readonly commonName?: string;
}

/** Makes a self-signed CA that may sign leaf certificates only. */
export async function generateCa(request: CaRequest): Promise<CertificateAndKey> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: [{ O: ['Patina'] }, { CN: [request.commonName] }],
    ...validity(request, caDaysDefault),
    signingAlgorithm: signing,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: pem(certificate), keyPem: await exportKey(keys.privateKey) };
}

/** Makes a node's certificate: it may dial and be dialled. */
export async function generateNodeCert(request: NodeCertRequest): Promise<CertificateAndKey> {
  const names = request.addresses.map(alternativeName);
  if (request.actorId !== undefined) names.push({ type: 'url', value: actorUri(request.actorId) });
  if (names.length === 0) {
    throw new PatinaError('PATINA_BAD_REQUEST', 'a node certificate must name the node', {
      hint: 'Give at least one IP address or DNS name, or the actor id.',
    });
  }
  const usages = [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth];
  const commonName = request.addresses[0] ?? request.actorId ?? 'patina node';
  return signLeaf({ ...request, commonName, names, usages });
}

/** Makes a client's certificate: it may dial, and cannot stand for a node. */
export async function generateClientCert(request: ClientCertRequest): Promise<CertificateAndKey> {
  const commonName = request.commonName ?? 'patina client';
  return signLeaf({
    ...request,
    commonName,
    names: [],
    usages: [x509.ExtendedKeyUsage.clientAuth],
  });
}

/** A certificate for plain-text mode, signed by its own key: encrypts, but proves nothing. */
export async function generateThrowAwayCert(): Promise<CertificateAndKey> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: [{ CN: ['patina plaintext'] }],
    ...validity({}, leafDaysDefault),
    signingAlgorithm: signing,
    keys,
  });
  return { certPem: pem(certificate), keyPem: await exportKey(keys.privateKey) };
}

interface LeafRequest extends Lifetime {
  readonly caCertPem: string;
  readonly caKeyPem: string;
  readonly commonName: string;
  readonly names: readonly x509.JsonGeneralName[];
  readonly usages: readonly x509.ExtendedKeyUsage[];
}

async function signLeaf(request: LeafRequest): Promise<CertificateAndKey> {
  const ca = await readCa(request.caCertPem, request.caKeyPem);
  const keys = await generateKeys();
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([...request.usages]),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(ca.certificate),
  ];
  if (request.names.length > 0) {
    extensions.push(new x509.SubjectAlternativeNameExtension([...request.names]));
  }
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: [{ O: ['Patina'] }, { CN: [request.commonName] }],
    issuer: ca.certificate.subjectName,
    ...validity(request, leafDaysDefault),
    signingAlgorithm: ca.signing,
    publicKey: keys.publicKey,
    signingKey: ca.key,
    extensions,
  });
  return { certPem: pem(certificate), keyPem: await exportKey(keys.privateKey) };
}

/** Reads a CA and its key; the CA may be P-256 or P-384, made here or elsewhere. */
async function readCa(certPem: string, keyPem: string) {
  try {
    const certificate = new x509.X509Certificate(certPem);
    const { name, namedCurve } = { namedCurve: undefined, ...certificate.publicKey.algorithm };
    if (name !== 'ECDSA' || (namedCurve !== 'P-256' && namedCurve !== 'P-384')) {
      throw new Error('the CA key is not ECDSA on P-256 or P-384');
    }
    const der = x509.PemConverter.decodeFirst(keyPem);
    const key = await crypto.subtle.importKey('pkcs8', der, { name, namedCurve }, false, ['sign']);
    const hash = namedCurve === 'P-384' ? 'SHA-384' : 'SHA-256';
    return { certificate, key, signing: { name, hash } };
  } catch (error) {
    throw new PatinaError('PATINA_TLS_INVALID', `cannot read the CA: ${String(error)}`, {
      cause: error,
      hint: 'Give a CA certificate and its unencrypted PKCS#8 key, both PEM.',
    });
  }
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = await crypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`;
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

function validity(lifetime: Lifetime, daysDefault: number): { notBefore: Date; notAfter: Date } {
  const start = lifetime.notBefore ?? new Date(Date.now() - backdateMs);
  return {
    notBefore: start,
    notAfter: new Date(start.getTime() + (lifetime.days ?? daysDefault) * dayMs),
  };
}

function alternativeName(address: string): x509.JsonGeneralName {
  return { type: isIP(address) === 0 ? 'dns' : 'ip', value: address };
}

/** A positive random serial number: the first bit stays clear. */
function randomSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(serialBytes));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
