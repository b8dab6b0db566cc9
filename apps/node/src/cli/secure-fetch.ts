// Requests to a node that serves HTTPS, for commands that run beside it: its own certificate, which the
// configuration names, is trusted by itself, whatever name it was made for; any other as usual.

import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { checkServerIdentity, getCACertificates, type PeerCertificate } from 'node:tls';

export interface SecureRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal | null;
}

/** As `fetch`; rejects with an error whose cause has a code where the node cannot be reached or trusted. */
export function secureFetch(url: URL, ask: SecureRequest, ownCertPem: string): Promise<Response> {
  const { method, headers, body, signal } = ask;
  const own = new X509Certificate(ownCertPem).fingerprint256;
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      url,
      {
        method,
        headers: {
          ...headers,
          ...(body === undefined ? {} : { 'content-length': byteLength(body) }),
        },
        ca: [...getCACertificates('default'), ownCertPem],
        allowPartialTrustChain: true,
        checkServerIdentity: (host: string, cert: PeerCertificate) =>
          cert.fingerprint256 === own ? undefined : checkServerIdentity(host, cert),
        ...(signal === null ? {} : { signal }),
      },
      (answer) => resolve(responseOf(answer)),
    );
    sent.on('error', (cause) => {
      const reason: unknown = signal?.aborted === true ? signal.reason : undefined;
      reject(reason ?? new TypeError('fetch failed', { cause }));
    });
    sent.end(body);
  });
}

function responseOf(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers.set(name, String(value));
  }
  return new Response(Readable.toWeb(answer), { status: answer.statusCode ?? 500, headers });
}

function byteLength(text: string): string {
  return String(Buffer.byteLength(text));
}
