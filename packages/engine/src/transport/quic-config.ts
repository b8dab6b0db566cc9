// How QUIC is set up: credentials and limits become configurations of the native library. Every
// setting is set on purpose; two configurations differ only in the packet size of their paths.

import { createPrivateKey, type X509Certificate } from 'node:crypto';
import type { Quiche } from '@matrixai/quic/native/quiche.js';
import type { Config } from '@matrixai/quic/native/types.js';
import { PatinaError } from '../base/errors.ts';
import type { TransportLimits, TransportTls } from './transport-options.ts';
import { parseCaBundle, parseCertificate } from './verify.ts';

/** Application protocol in the TLS handshake: keeps other users of QUIC off our port. */
const applicationProtocol = 'patina';

/** Largest UDP payload that a peer may send us, bytes. */
const receivePayloadBytesMax = 65_527;

/** Bytes that a peer may send in the whole life of a connection: more than it ever will. */
const connectionBytesMax = 2 ** 50;

/** Streams of each kind in the whole life of a connection; it is replaced long before. */
const connectionStreamsMax = 2 ** 30;

/** How long an acknowledgement may wait for company, milliseconds. */
const ackDelayMaxMs = 5;

/** What a transport needs to prove itself and to judge others. */
export interface Credentials {
  readonly certPem: string;
  readonly keyPem: string;
  /** CAs whose certificates are accepted; undefined accepts anybody (plain-text mode). */
  readonly cas: readonly X509Certificate[] | undefined;
}

/** Configurations for the paths we know of. */
export interface QuicConfigs {
  readonly remote: Config;
  readonly loopback: Config;
}

/** Reads credentials; throws PATINA_TLS_INVALID when a part is unreadable or they don't match. */
export function readCredentials(tls: TransportTls): Credentials {
  const certificate = parseCertificate(tls.certPem, 'the node certificate');
  let matches: boolean;
  try {
    matches = certificate.checkPrivateKey(createPrivateKey(tls.keyPem));
  } catch (error) {
    throw new PatinaError('PATINA_TLS_INVALID', 'the node key is not readable', {
      cause: error,
      hint: 'It must be an unencrypted PEM private key.',
    });
  }
  if (!matches) {
    throw new PatinaError('PATINA_TLS_INVALID', 'the node key does not belong to the certificate', {
      hint: 'Give the certificate and the key that were made together.',
    });
  }
  return { certPem: tls.certPem, keyPem: tls.keyPem, cas: parseCaBundle(tls.caPem) };
}

/** Builds the configurations; throws PATINA_TLS_INVALID when TLS rejects the credentials. */
export function buildConfigs(
  quiche: Quiche,
  credentials: Credentials,
  limits: TransportLimits,
): QuicConfigs {
  return {
    remote: buildConfig(quiche, credentials, limits, limits.udpPayloadBytesMax),
    loopback: buildConfig(quiche, credentials, limits, limits.udpPayloadLoopbackBytesMax),
  };
}

function buildConfig(
  quiche: Quiche,
  credentials: Credentials,
  limits: TransportLimits,
  payloadBytesMax: number,
): Config {
  const config = withCertificate(quiche, credentials);
  config.setApplicationProtos([applicationProtocol]);
  config.grease(false);
  config.setMaxIdleTimeout(limits.idleTimeoutMs);
  config.setMaxRecvUdpPayloadSize(receivePayloadBytesMax);
  config.setMaxSendUdpPayloadSize(payloadBytesMax);
  // Never used up: the library does not repeat a lost MAX_DATA or MAX_STREAMS, after which nothing
  // moves any more. What is in memory is bounded by the windows of streams and by our own counts.
  config.setInitialMaxData(connectionBytesMax);
  config.setInitialMaxStreamsBidi(connectionStreamsMax);
  config.setInitialMaxStreamsUni(connectionStreamsMax);
  config.setInitialMaxStreamDataBidiLocal(limits.streamWindowBytes);
  config.setInitialMaxStreamDataBidiRemote(limits.streamWindowBytes);
  config.setInitialMaxStreamDataUni(limits.streamWindowBytes);
  config.setMaxStreamWindow(limits.streamWindowBytes);
  config.setMaxAckDelay(ackDelayMaxMs);
  config.setDisableActiveMigration(true);
  config.enableDgram(true, limits.datagramQueueMax, limits.datagramQueueMax);
  // BBR, because the library stamps packets with the time its pacer would send them. With a fixed
  // burst (CUBIC, Reno) a small window makes that time stale, which inflates the measured round trip,
  // which slows the pacer: the connection stalls for good. BBR's burst follows the rate it measured;
  // and over links that lose packets it is ten times as fast.
  config.setCcAlgorithm(quiche.CongestionControlAlgorithm.BBR);
  // When a packet should leave is told in a form that JavaScript cannot read.
  config.enablePacing(false);
  return config;
}

/**
 * TLS demands a certificate of both sides and accepts any (verifyAllowFail): which ones are good is
 * decided in verify.ts, where the reason can be told and the HELLO is known.
 */
function withCertificate(quiche: Quiche, credentials: Credentials): Config {
  try {
    return quiche.Config.withBoringSslCtx(
      true,
      true,
      null,
      [Buffer.from(credentials.keyPem)],
      [Buffer.from(credentials.certPem)],
      null,
    );
  } catch (error) {
    throw new PatinaError('PATINA_TLS_INVALID', 'TLS does not accept the certificate or its key', {
      cause: error,
      hint: 'Use ECDSA P-256 or P-384, or RSA, as `patina tls node generate` does.',
    });
  }
}
