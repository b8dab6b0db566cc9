// From the end of TLS to an accepted peer: our view of its certificate, the two HELLOs, and whether the
// one fits the other. The dialler speaks first, so hearing the other side means having been accepted.

import type { X509Certificate } from 'node:crypto';
import type { Connection } from '@matrixai/quic/native/types.js';
import type { PeerAddress } from '../ports.ts';
import { parseAddress } from './address.ts';
import type { Hello, ReadHello } from './hello.ts';
import { decodeHello, encodeHello, helloBytesMax, protocolVersion } from './hello.ts';
import { asError } from './transport-errors.ts';
import type { HandshakeFailure } from './transport-stats.ts';
import type { PeerRole } from './verify.ts';
import { verifyCertificate, verifyIdentity } from './verify.ts';

/** How far it is. */
export type HandshakeStep =
  | { readonly kind: 'pending' }
  | { readonly kind: 'accepted'; readonly hello: Hello }
  | { readonly kind: 'refused'; readonly reason: HandshakeFailure; readonly text: string };

export interface HandshakeOptions {
  readonly conn: Connection;
  readonly role: PeerRole;
  /** The address that was dialled, as given; undefined when the peer dialled. */
  readonly dialled: PeerAddress | undefined;
  /** CAs to verify against; undefined in plain-text mode. */
  readonly cas: readonly X509Certificate[] | undefined;
  localHello(): Hello;
}

const pending: HandshakeStep = { kind: 'pending' };

export class Handshake {
  readonly #options: HandshakeOptions;
  #isVerified = false;
  #certificate: X509Certificate | undefined;
  #helloBytes = Buffer.alloc(0);

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  /** Goes as far as what has come allows. Once accepted or refused, it must not be called again. */
  step(): HandshakeStep {
    if (!this.#options.conn.isEstablished()) return pending;
    if (!this.#isVerified) {
      const refusal = this.#verify();
      if (refusal !== undefined) return refusal;
      this.#isVerified = true;
      if (this.#options.role === 'dialled') this.#sendHello();
    }
    let read: ReadHello | undefined;
    try {
      read = this.#receiveHello();
    } catch (error) {
      return refused('malformed-hello', asError(error).message);
    }
    if (read === undefined) return pending;
    if (read.kind === 'hello') return this.#judge(read.hello);
    const versions = `peer speaks protocol ${read.version}, we speak ${protocolVersion}`;
    return refused('protocol-version', versions);
  }

  #verify(): HandshakeStep | undefined {
    const { conn, cas, role } = this.#options;
    if (cas === undefined) return undefined;
    const verdict = verifyCertificate(conn.peerCertChain(), cas, role, Date.now());
    if (typeof verdict === 'string') return refused(verdict, verdict.replaceAll('-', ' '));
    this.#certificate = verdict;
    return undefined;
  }

  /** The first one-way stream of a side carries its HELLO. */
  #helloStream(isOurs: boolean): number {
    const openedByDialler = isOurs === (this.#options.role === 'dialled');
    return openedByDialler ? 2 : 3;
  }

  #sendHello(): void {
    const { conn, localHello } = this.#options;
    conn.streamSend(this.#helloStream(true), encodeHello(localHello()), true);
  }

  /** Reads what has come of HELLO; undefined until it is whole. */
  #receiveHello(): ReadHello | undefined {
    const { conn } = this.#options;
    const id = this.#helloStream(false);
    if (!conn.streamReadable(id)) return undefined;
    const buffer = Buffer.allocUnsafe(helloBytesMax + 1);
    const result = conn.streamRecv(id, buffer);
    if (result === null) return undefined;
    const [count, fin] = result;
    this.#helloBytes = Buffer.concat([this.#helloBytes, buffer.subarray(0, count)]);
    const isWhole = fin || this.#helloBytes.length > helloBytesMax;
    return isWhole ? decodeHello(this.#helloBytes) : undefined;
  }

  #judge(hello: Hello): HandshakeStep {
    const { role, dialled, localHello } = this.#options;
    const local = localHello();
    if (hello.clusterId !== local.clusterId) {
      const clusters = `cluster ids differ: ${hello.clusterId} and ${local.clusterId}`;
      return refused('cluster-id', clusters);
    }
    if (hello.sessionId === local.sessionId) {
      return refused('self', 'this address leads back to this node');
    }
    if (this.#certificate !== undefined) {
      const refusal = verifyIdentity(this.#certificate, {
        actorId: hello.actorId,
        advertisedHost: parseAddress(hello.address)?.host ?? '',
        dialledHost: dialled === undefined ? undefined : parseAddress(dialled)?.host,
      });
      if (refusal !== undefined) return refused(refusal, refusal.replaceAll('-', ' '));
    }
    if (role === 'dialler') this.#sendHello();
    return { kind: 'accepted', hello };
  }
}

function refused(reason: HandshakeFailure, text: string): HandshakeStep {
  return { kind: 'refused', reason, text };
}
