// A QUIC client without manners, for tests: any certificate or none, and any bytes as HELLO.

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import type { Connection, ConnectionError } from '@matrixai/quic/native/types.js';
import type { CertificateAndKey } from './certificates.ts';
import { loadQuiche } from './quiche-binding.ts';

const host = '127.0.0.1';

export class RawClient {
  readonly conn: Connection;
  readonly #socket: Socket;
  readonly #port: number;

  private constructor(conn: Connection, socket: Socket, port: number) {
    this.conn = conn;
    this.#socket = socket;
    this.#port = port;
    const local = { host, port: socket.address().port };
    socket.on('message', (packet) => {
      try {
        conn.recv(packet, { from: { host, port }, to: local });
      } catch {
        // A refused handshake throws; what the test looks at is peerError.
      }
      this.flush();
    });
  }

  /** Begins a handshake with the node at this port. */
  static async dial(port: number, certificate?: CertificateAndKey): Promise<RawClient> {
    const quiche = await loadQuiche();
    const key = certificate && [Buffer.from(certificate.keyPem)];
    const cert = certificate && [Buffer.from(certificate.certPem)];
    const config = quiche.Config.withBoringSslCtx(false, true, null, key, cert, null);
    config.setApplicationProtos(['patina']);
    config.setMaxIdleTimeout(5_000);
    config.setInitialMaxData(1_000_000);
    config.setInitialMaxStreamsUni(10);
    config.setInitialMaxStreamsBidi(10);
    config.setInitialMaxStreamDataUni(100_000);
    config.enableDgram(true, 10, 10);
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, host, resolve));
    const local = { host, port: socket.address().port };
    const conn = quiche.Connection.connect(null, randomBytes(8), local, { host, port }, config);
    const client = new RawClient(conn, socket, port);
    client.flush();
    return client;
  }

  /** How the node closed the connection; null while it has not. */
  get closedBy(): { isApp: boolean; code: number; reason: string } | null {
    const error: ConnectionError | null = this.conn.peerError();
    if (error === null) return null;
    const reason = Buffer.from(error.reason).toString();
    return { isApp: error.isApp, code: error.errorCode, reason };
  }

  sendUni(id: number, bytes: Uint8Array, fin: boolean): void {
    this.conn.streamSend(id, bytes, fin);
    this.flush();
  }

  flush(): void {
    const packet = Buffer.alloc(1400);
    for (;;) {
      const sent = this.conn.send(packet);
      if (sent === null) return;
      this.#socket.send(Buffer.from(packet.subarray(0, sent[0])), this.#port, host);
    }
  }

  close(): void {
    this.#socket.close();
  }
}
