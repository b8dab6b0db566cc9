// A certificate and its key for listeners, read again when the files change: a new certificate is used for
// new connections without a restart, and a damaged or half-written one leaves the old one in use.

import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { PatinaError } from '@patina/engine/base/errors.ts';

/** How often the files are looked at, milliseconds. */
const lookPeriodMs = 1_000;

const dayMs = 86_400_000;

/** A certificate that ends sooner is warned of. */
export const warnBeforeMs = 14 * dayMs;

/** How often it is warned. */
const warnPeriodMs = dayMs;

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What servers of node:tls and node:https take. */
export interface TlsServerOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.2';
}

export type TlsEvent =
  | { readonly kind: 'reloaded'; readonly certFile: string; readonly notAfterMs: number }
  | { readonly kind: 'not-reloaded'; readonly certFile: string; readonly error: PatinaError }
  | { readonly kind: 'expiring'; readonly certFile: string; readonly notAfterMs: number };

export interface TlsProviderOptions {
  readonly files: TlsFiles;
  readonly wallMs: () => number;
  readonly onEvent: (event: TlsEvent) => void;
}

interface Loaded {
  readonly options: TlsServerOptions;
  readonly context: SecureContext;
  readonly notAfterMs: number;
  readonly digest: string;
}

export class TlsProvider {
  readonly #options: TlsProviderOptions;
  readonly #listeners = new Set<() => void>();
  #loaded: Loaded;
  #timer: NodeJS.Timeout | undefined;
  #warnedMs = Number.NEGATIVE_INFINITY;
  /** What was read and could not be used, so that it is told once. */
  #badDigest: string | undefined;

  /** Throws PATINA_TLS_INVALID where the files cannot be used. */
  constructor(options: TlsProviderOptions) {
    this.#options = options;
    this.#loaded = load(options.files);
    if (this.#loaded.notAfterMs <= options.wallMs()) throw expired(options.files, this.#loaded);
  }

  /** Begins to look at the files, and at the clock. */
  start(): void {
    this.#warn();
    this.#timer = setInterval(() => {
      this.#look();
      this.#warn();
    }, lookPeriodMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  options(): TlsServerOptions {
    return this.#loaded.options;
  }

  /** For a socket that is to be secured. */
  context(): SecureContext {
    return this.#loaded.context;
  }

  get certFile(): string {
    return this.#options.files.certFile;
  }

  get notAfterMs(): number {
    return this.#loaded.notAfterMs;
  }

  /** Told when another certificate is in use. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the files at once; throws PATINA_TLS_INVALID, and keeps the old ones, where they cannot be used. */
  reload(): void {
    const { files, wallMs, onEvent } = this.#options;
    const next = load(files);
    if (next.notAfterMs <= wallMs()) throw expired(files, next);
    if (next.digest === this.#loaded.digest) return;
    this.#loaded = next;
    this.#warnedMs = Number.NEGATIVE_INFINITY;
    for (const listener of this.#listeners) listener();
    onEvent({ kind: 'reloaded', certFile: files.certFile, notAfterMs: next.notAfterMs });
  }

  #look(): void {
    const { files, onEvent } = this.#options;
    const digest = digestOf(files);
    if (digest === this.#loaded.digest || digest === this.#badDigest) return;
    try {
      this.reload();
      this.#badDigest = undefined;
    } catch (error) {
      this.#badDigest = digest;
      if (error instanceof PatinaError) {
        onEvent({ kind: 'not-reloaded', certFile: files.certFile, error });
      }
    }
  }

  #warn(): void {
    const { files, wallMs, onEvent } = this.#options;
    const nowMs = wallMs();
    const { notAfterMs } = this.#loaded;
    if (notAfterMs - nowMs > warnBeforeMs || nowMs - this.#warnedMs < warnPeriodMs) return;
    this.#warnedMs = nowMs;
    onEvent({ kind: 'expiring', certFile: files.certFile, notAfterMs });
  }
}

function load(files: TlsFiles): Loaded {
  const cert = read('certificate', files.certFile);
  const key = read('key', files.keyFile);
  let context: SecureContext;
  let notAfterMs: number;
  try {
    context = createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
    notAfterMs = new X509Certificate(cert).validToDate.getTime();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${files.certFile} and ${files.keyFile} are no certificate and its key: ${reason}`;
    throw new PatinaError('PATINA_TLS_INVALID', message, {
      hint: 'Both are PEM files; the certificate comes first in its file, then its chain.',
      cause,
    });
  }
  const options: TlsServerOptions = { cert, key, minVersion: 'TLSv1.2' };
  return { options, context, notAfterMs, digest: digestOfBytes(cert, key) };
}

function read(what: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new PatinaError('PATINA_TLS_INVALID', `the ${what} ${path} cannot be read`, {
      hint: 'Correct the path, or make the file readable for this user.',
      cause,
    });
  }
}

function expired({ certFile }: TlsFiles, { notAfterMs }: Loaded): PatinaError {
  const when = new Date(notAfterMs).toISOString();
  return new PatinaError('PATINA_TLS_INVALID', `the certificate ${certFile} expired at ${when}`, {
    hint: 'Put a new certificate in its place.',
  });
}

/** Files that cannot be read have a digest too: it changes when they can be. */
function digestOf({ certFile, keyFile }: TlsFiles): string {
  try {
    return digestOfBytes(readFileSync(certFile), readFileSync(keyFile));
  } catch (error) {
    return String(error);
  }
}

function digestOfBytes(cert: Buffer, key: Buffer): string {
  return createHash('sha256').update(cert).update('\0').update(key).digest('hex');
}
