// The client's side of SCRAM-SHA-256 (RFC 5802, section 3), for tests of the server's.

import { pbkdf2Sync } from 'node:crypto';
import { hmac, sha256 } from '../scram-verifier.ts';

export class ScramClient {
  readonly #password: string;
  readonly #header: string;
  readonly #bare: string;
  #signature = '';

  constructor(password: string, nonce = 'a-nonce', header = 'n,,') {
    this.#password = password;
    this.#header = header;
    this.#bare = `n=,r=${nonce}`;
  }

  first(): string {
    return `${this.#header}${this.#bare}`;
  }

  /** The answer to the server's first message. */
  final(serverFirst: string): string {
    const [, nonce = '', salt = '', iterations = ''] =
      /^r=([^,]*),s=([^,]*),i=(\d+)$/.exec(serverFirst) ?? [];
    const saltBytes = Buffer.from(salt, 'base64');
    const salted = pbkdf2Sync(this.#password, saltBytes, Number(iterations), 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const withoutProof = `c=${Buffer.from(this.#header).toString('base64')},r=${nonce}`;
    const message = `${this.#bare},${serverFirst},${withoutProof}`;
    const mask = hmac(sha256(clientKey), message);
    const proof = clientKey.map((byte, index) => byte ^ (mask[index] ?? 0));
    this.#signature = hmac(hmac(salted, 'Server Key'), message).toString('base64');
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  }

  /** Whether the server knew the password too. */
  isServer(serverFinal: string): boolean {
    return serverFinal === `v=${this.#signature}`;
  }
}
