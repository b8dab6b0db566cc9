// Whether a peer's certificate entitles it to be who its HELLO says: signed by a CA of the cluster, in
// its time, meant for this use, and naming the peer. QUIC's own TLS only proves that the peer holds
// the certificate's key; everything else is decided here.

import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { ActorId } from '../base/actor-id.ts';
import { PatinaError } from '../base/errors.ts';

/** Why a certificate was refused. */
export type CertificateRefusal =
  | 'no-certificate'
  | 'malformed-certificate'
  | 'untrusted-certificate'
  | 'expired-certificate'
  | 'future-certificate'
  | 'wrong-certificate-usage'
  | 'wrong-actor'
  | 'wrong-address';

/** What the peer does on this connection: it dialled us, or we dialled it. */
export type PeerRole = 'dialler' | 'dialled';

const actorUriPrefix = 'patina://actor/';
const serverAuthOid = '1.3.6.1.5.5.7.3.1';
const clientAuthOid = '1.3.6.1.5.5.7.3.2';

/** Most CAs accepted in one bundle: rotation needs two. */
const caCountMax = 16;

/** The name of an actor in a certificate's subjectAltName. */
export function actorUri(actorId: ActorId): string {
  return `${actorUriPrefix}${actorId}`;
}

/** Reads a bundle of one or more CA certificates; throws PATINA_TLS_INVALID. */
export function parseCaBundle(caPem: string): X509Certificate[] {
  const blocks = caPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0 || blocks.length > caCountMax) {
    throw new PatinaError(
      'PATINA_TLS_INVALID',
      `the CA bundle holds ${blocks.length} certificates`,
      {
        hint: `Give the PEM of the cluster's CA; 1 to ${caCountMax} certificates.`,
      },
    );
  }
  return blocks.map((block) => {
    const ca = parseCertificate(block, 'the CA bundle');
    if (ca.ca) return ca;
    throw new PatinaError('PATINA_TLS_INVALID', `"${ca.subject}" in the CA bundle is not a CA`, {
      hint: 'Give the certificate that signed the nodes, not a node certificate.',
    });
  });
}

/** Reads one certificate; throws PATINA_TLS_INVALID naming `what`. */
export function parseCertificate(certPem: string, what: string): X509Certificate {
  try {
    return new X509Certificate(certPem);
  } catch (error) {
    throw new PatinaError('PATINA_TLS_INVALID', `${what} holds no readable certificate`, {
      cause: error,
      hint: 'It must be PEM, beginning with -----BEGIN CERTIFICATE-----.',
    });
  }
}

/**
 * Checks what can be checked before the peer's HELLO: the first certificate of `chain` (DER) must be
 * signed directly by one of `cas`, valid at `nowMs` (Unix), no CA itself, and meant for `role`.
 */
export function verifyCertificate(
  chain: readonly Uint8Array[] | null,
  cas: readonly X509Certificate[],
  role: PeerRole,
  nowMs: number,
): X509Certificate | CertificateRefusal {
  const der = chain?.[0];
  if (der === undefined) return 'no-certificate';
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(der);
  } catch {
    return 'malformed-certificate';
  }
  const ca = cas.find((candidate) => isSignedBy(leaf, candidate));
  if (ca === undefined || leaf.ca) return 'untrusted-certificate';
  for (const certificate of [leaf, ca]) {
    if (nowMs < certificate.validFromDate.getTime()) return 'future-certificate';
    if (nowMs > certificate.validToDate.getTime()) return 'expired-certificate';
  }
  // X509Certificate.keyUsage lists the extended usages; without the extension every use is allowed.
  const usages: readonly string[] | undefined = leaf.keyUsage;
  const needed = role === 'dialler' ? clientAuthOid : serverAuthOid;
  if (usages !== undefined && !usages.includes(needed)) return 'wrong-certificate-usage';
  return leaf;
}

/** Whom a certificate must name. */
export interface IdentityClaim {
  /** The actor id that the peer's HELLO says. */
  readonly actorId: ActorId;
  /** The host of the address that the peer's HELLO advertises. */
  readonly advertisedHost: string;
  /** The host that we dialled, as it was given; undefined when the peer dialled us. */
  readonly dialledHost: string | undefined;
}

/**
 * Checks that the certificate names the peer: by its actor id if it carries one; else by the host it
 * advertises (under which its connection is kept) and, when we dialled, also by the host we dialled.
 */
export function verifyIdentity(
  leaf: X509Certificate,
  claim: IdentityClaim,
): CertificateRefusal | undefined {
  const actors = actorsNamed(leaf);
  if (actors.length > 0) return actors.includes(claim.actorId) ? undefined : 'wrong-actor';
  if (!namesHost(leaf, claim.advertisedHost)) return 'wrong-address';
  if (claim.dialledHost !== undefined && !namesHost(leaf, claim.dialledHost))
    return 'wrong-address';
  return undefined;
}

/** The actor ids named by the certificate; malformed ones included, so that they match nobody. */
function actorsNamed(leaf: X509Certificate): string[] {
  const actors: string[] = [];
  // Node quotes every name that could be mistaken for a separator, so a plain split is safe.
  for (const name of (leaf.subjectAltName ?? '').split(', ')) {
    const uri = name.startsWith('URI:') ? name.slice('URI:'.length) : '';
    if (uri.startsWith(actorUriPrefix)) actors.push(uri.slice(actorUriPrefix.length));
  }
  return actors;
}

function namesHost(leaf: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return leaf.checkIP(host) !== undefined;
  return leaf.checkHost(host, { subject: 'never' }) !== undefined;
}

function isSignedBy(leaf: X509Certificate, ca: X509Certificate): boolean {
  try {
    return leaf.checkIssued(ca) && leaf.verify(ca.publicKey);
  } catch {
    // An unreadable or unsupported public key signs nothing that we can trust.
    return false;
  }
}
