// The server's side of SCRAM-SHA-256 (RFC 5802, section 5; RFC 7677), without channel binding. Pure: the
// nonce is handed in. A user that does not exist is led through the same exchange, and fails at its end.

import { timingSafeEqual } from 'node:crypto';
import { PgError } from '../pg-error.ts';
import type { ScramVerifier } from '../session/requests.ts';
import { hmac, scramIterations, scramSaltBytes, sha256 } from './scram-verifier.ts';

export const scramMechanism = 'SCRAM-SHA-256';

/**
 * A verifier for a user that does not exist. The same for the same name and secret, so that asking twice
 * tells nothing.
 */
export function makeUpVerifier(user: string, secret: Uint8Array): ScramVerifier {
  const salt = hmac(secret, `salt ${user}`).subarray(0, scramSaltBytes);
  const key = hmac(secret, `key ${user}`);
  return { salt, iterations: scramIterations, storedKey: key, serverKey: key };
}

export type ScramStep =
  | { readonly kind: 'continue'; readonly data: string }
  | { readonly kind: 'final'; readonly data: string }
  | { readonly kind: 'wrong' };

export class ScramServer {
  readonly #verifier: ScramVerifier;
  readonly #serverNonce: string;
  #first: { readonly bare: string; readonly header: string; readonly answer: string } | undefined;

  /** `serverNonce`: random, printable, without commas. */
  constructor(verifier: ScramVerifier, serverNonce: string) {
    this.#verifier = verifier;
    this.#serverNonce = serverNonce;
  }

  /** Takes a message of the client. Throws PgError 08P01 for what is no such message. */
  receive(data: string): ScramStep {
    return this.#first === undefined ? this.#begin(data) : this.#finish(data, this.#first);
  }

  #begin(data: string): ScramStep {
    // gs2-header: no channel binding, or the client would have liked one; no other identity.
    const header = /^[ny],,/.exec(data)?.[0];
    if (header === undefined)
      throw malformed('The client selected channel binding or an identity.');
    const bare = data.slice(header.length);
    const nonce = /^(?:n=[^,]*),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?$/.exec(bare)?.[1];
    if (nonce === undefined) throw malformed('The nonce is missing.');
    const salt = Buffer.from(this.#verifier.salt).toString('base64');
    const answer = `r=${nonce}${this.#serverNonce},s=${salt},i=${this.#verifier.iterations}`;
    this.#first = { bare, header, answer };
    return { kind: 'continue', data: answer };
  }

  #finish(
    data: string,
    first: { readonly bare: string; readonly header: string; readonly answer: string },
  ): ScramStep {
    const [, withoutProof, binding, nonce, proofText] =
      /^(c=([^,]*),r=([^,]*)(?:,[^p][^,]*)*),p=([\w+/=]+)$/.exec(data) ?? [];
    if (withoutProof === undefined || proofText === undefined)
      throw malformed('The proof is missing.');
    if (Buffer.from(binding ?? '', 'base64').toString('utf8') !== first.header) {
      throw malformed('The channel binding changed.');
    }
    if (!first.answer.startsWith(`r=${nonce},`)) throw malformed('The nonce changed.');
    const { storedKey, serverKey } = this.#verifier;
    const authMessage = `${first.bare},${first.answer},${withoutProof}`;
    const proof = Buffer.from(proofText, 'base64');
    const signature = hmac(storedKey, authMessage);
    if (proof.length !== signature.length) return { kind: 'wrong' };
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ (signature[index] ?? 0)));
    if (!timingSafeEqual(sha256(clientKey), storedKey)) return { kind: 'wrong' };
    return { kind: 'final', data: `v=${hmac(serverKey, authMessage).toString('base64')}` };
  }
}

function malformed(detail: string): PgError {
  return new PgError('08P01', 'malformed SCRAM message', { detail });
}
