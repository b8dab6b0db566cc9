// Who is who at a node: the one place where tokens, sessions and passwords become principals, for every
// endpoint. Keeps the file of credentials, and ends rights when they end.

import { randomBytes } from 'node:crypto';
import type { AuditEvent } from '@patina/api/access/audit.ts';
import type { Principal } from '@patina/api/access/principal.ts';
import { makeUpVerifier } from '@patina/pg/auth/scram-server.ts';
import { parseScramVerifier } from '@patina/pg/auth/scram-verifier.ts';
import type { ScramVerifier } from '@patina/pg/session/requests.ts';
import type { Secret } from '../config/secret.ts';
import { AccessBook } from './access-book.ts';
import { readAccessFile, writeAccessFile } from './access-file.ts';
import { FailedAttempts } from './attempts.ts';
import { passwordFits } from './passwords.ts';
import type { CredentialRecord } from './records.ts';
import { Sessions } from './sessions.ts';
import { digestsAreEqual, tokenDigest, tokenId } from './tokens.ts';

/** How often expired rights are looked for, milliseconds: they end within a second. */
const sweepPeriodMs = 500;

/** How often the times of last use are saved. */
const usedSavePeriodMs = 60_000;

/** A failed log-in is answered no sooner, milliseconds. */
export const failureDelayMs = 300;

export interface AccessControlOptions {
  /** The file of credentials; undefined keeps them in memory. */
  readonly path: string | undefined;
  /** Tokens of the configuration, which may do everything. */
  readonly tokens: readonly Secret[];
  /** Ask for credentials also while there are none. */
  readonly isAlwaysRequired: boolean;
  readonly failedLogInsPerMinute: number;
  readonly audit: (event: AuditEvent) => void;
  /** Told of faults of the file. */
  readonly onFault: (error: unknown) => void;
  readonly wallMs?: () => number;
  readonly monotonicMs?: () => number;
}

/** What became of a log-in. */
export type LoggedIn =
  | { readonly ok: true; readonly principal: Principal; readonly session: string }
  | { readonly ok: false; readonly waitMs: number };

interface ConfiguredToken {
  readonly digest: string;
  readonly principal: Principal;
}

export class AccessControl {
  readonly book: AccessBook;
  readonly attempts: FailedAttempts;
  readonly #options: AccessControlOptions;
  readonly #configured: readonly ConfiguredToken[];
  readonly #sessions: Sessions;
  readonly #onRevoked = new Set<(principal: Principal) => void>();
  readonly #onSessionEnd = new Set<(session: string) => void>();
  readonly #onChange = new Set<(records: readonly CredentialRecord[]) => void>();
  /** Made-up verifiers are of this run only. */
  readonly #nodeSecret = randomBytes(32);
  readonly #openness = new AbortController();
  readonly #open: Principal;
  #timers: NodeJS.Timeout[] = [];
  #usedSaved = 0;

  /** Throws PATINA_CONFIG_INVALID where the file cannot be used. */
  constructor(options: AccessControlOptions) {
    this.#options = options;
    const { wallMs = Date.now, monotonicMs = () => performance.now() } = options;
    this.#configured = options.tokens.map((token, index) => ({
      digest: tokenDigest(token.reveal()),
      principal: {
        name:
          index === 0 ? 'token of the configuration' : `token ${index + 1} of the configuration`,
        roles: ['admin'],
      },
    }));
    this.#open = { name: 'anyone', roles: ['admin'], revoked: this.#openness.signal };
    this.attempts = new FailedAttempts(options.failedLogInsPerMinute, monotonicMs);
    this.#sessions = new Sessions(monotonicMs);
    this.book = new AccessBook({
      wallMs,
      onChange: (records) => this.#changed(records),
      onRevoked: (principal) => this.#revoked(principal),
    });
    if (options.path === undefined) return;
    const { records, lastUsedMs } = readAccessFile(options.path);
    this.book.restore(records, lastUsedMs);
    this.book.forgetOld();
  }

  /** Begins to look for rights that expire. */
  start(): void {
    const sweep = setInterval(() => this.book.sweep(), sweepPeriodMs);
    const save = setInterval(() => this.#saveUse(), usedSavePeriodMs);
    this.#timers = [sweep.unref(), save.unref()];
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#saveUse();
  }

  /**
   * Whether credentials are needed. Without any, and unless the configuration says so, everybody who reaches the
   * node may do everything: it listens on loopback only then. Removing the last credential opens nothing.
   */
  get isRequired(): boolean {
    return this.#options.isAlwaysRequired || this.#configured.length > 0 || this.book.hasRecords;
  }

  /** Whoever shows nothing; undefined where credentials are needed. */
  get open(): Principal | undefined {
    return this.isRequired ? undefined : this.#open;
  }

  /** The holder of a token; undefined for a wrong, revoked or expired one. */
  byToken(token: string): Principal | undefined {
    const digest = tokenDigest(token);
    // All are compared, so that time does not tell which one was near.
    let found: Principal | undefined;
    for (const configured of this.#configured) {
      if (digestsAreEqual(configured.digest, digest)) found = configured.principal;
    }
    if (found !== undefined) return found;
    const id = tokenId(token);
    const record = id === undefined ? undefined : this.book.find(id);
    if (id === undefined || record?.kind !== 'token') return undefined;
    return digestsAreEqual(record.secret, digest) ? this.book.principalOf(id) : undefined;
  }

  /** Whoever logged in and was given this session. */
  bySession(session: string): Principal | undefined {
    const id = this.#sessions.find(session);
    if (id === undefined) return undefined;
    const configured = this.#configured.find(({ digest }) => digest === id);
    return configured?.principal ?? this.book.principalOf(id);
  }

  /** Whether a session goes on; asking does not count as its use. */
  hasSession(session: string): boolean {
    return this.#sessions.has(session);
  }

  /** The principal of a user who has proved itself. */
  byUser(name: string): Principal | undefined {
    const record = this.book.user(name);
    return record === undefined ? undefined : this.book.principalOf(record.id);
  }

  /** What a user's password is checked against; made up for an unknown user. */
  verifierOf(name: string): {
    readonly verifier: ScramVerifier;
    readonly isUnknown: boolean;
  } {
    const record = this.book.user(name);
    const verifier =
      record !== undefined && this.book.isUsable(record.id)
        ? parseScramVerifier(record.secret)
        : undefined;
    if (verifier !== undefined) return { verifier, isUnknown: false };
    return { verifier: makeUpVerifier(name, this.#nodeSecret), isUnknown: true };
  }

  /** A log-in of the console with a password. */
  async logInUser(user: string, password: string, address: string): Promise<LoggedIn> {
    return this.#logIn(`user ${user}`, address, async () => {
      const { verifier, isUnknown } = this.verifierOf(user);
      const fits = passwordFits(password, verifier);
      return fits && !isUnknown ? this.book.user(user)?.id : undefined;
    });
  }

  /** A log-in of the console with a token. */
  async logInToken(token: string, address: string): Promise<LoggedIn> {
    const id = tokenId(token);
    return this.#logIn(id === undefined ? 'a token' : `token ${id}`, address, async () => {
      if (this.byToken(token) === undefined) return undefined;
      const digest = tokenDigest(token);
      return this.#configured.some((each) => each.digest === digest) ? digest : id;
    });
  }

  endSession(session: string): void {
    this.#sessions.end(session);
    for (const listener of this.#onSessionEnd) listener(session);
  }

  /** Counts a failure, and writes it down. */
  failed(who: string, address: string, through: string, error: string): void {
    this.attempts.fail(`address ${address}`, `name ${who}`);
    this.#options.audit({
      kind: 'log-in-failed',
      who,
      what: 'log-in',
      from: address,
      through,
      error,
    });
  }

  /** Told of everyone whose rights end, until the returned function is called. */
  onRevoked(listener: (principal: Principal) => void): () => void {
    this.#onRevoked.add(listener);
    return () => this.#onRevoked.delete(listener);
  }

  /** Told of sessions that somebody has ended. */
  onSessionEnd(listener: (session: string) => void): () => void {
    this.#onSessionEnd.add(listener);
    return () => this.#onSessionEnd.delete(listener);
  }

  /** Told of records that are new or different. */
  onChange(listener: (records: readonly CredentialRecord[]) => void): () => void {
    this.#onChange.add(listener);
    return () => this.#onChange.delete(listener);
  }

  async #logIn(
    who: string,
    address: string,
    check: () => Promise<string | undefined>,
  ): Promise<LoggedIn> {
    const waitMs = this.attempts.waitMs(`address ${address}`, `name ${who}`);
    if (waitMs > 0) return { ok: false, waitMs };
    const id = await check();
    const session = id === undefined ? undefined : this.#sessions.begin(id);
    const principal = session === undefined ? undefined : this.bySession(session);
    if (session === undefined || principal === undefined) {
      this.failed(who, address, 'http', 'wrong, revoked or expired');
      return { ok: false, waitMs: 0 };
    }
    const event = { kind: 'log-in', who: principal.name, what: 'log-in' } as const;
    this.#options.audit({ ...event, from: address, through: 'http' });
    return { ok: true, principal, session };
  }

  #changed(records: readonly CredentialRecord[]): void {
    this.#save();
    if (this.isRequired && !this.#openness.signal.aborted) {
      this.#openness.abort();
      this.#revoked(this.#open);
    }
    for (const listener of this.#onChange) listener(records);
  }

  #revoked(principal: Principal): void {
    for (const listener of this.#onRevoked) listener(principal);
  }

  #save(): void {
    const { path } = this.#options;
    if (path === undefined) return;
    const lastUsedMs = this.book.lastUsed();
    this.#usedSaved = sumOf(lastUsedMs);
    writeAccessFile(path, { records: this.book.records(), lastUsedMs });
  }

  #saveUse(): void {
    if (sumOf(this.book.lastUsed()) === this.#usedSaved) return;
    try {
      this.#save();
    } catch (error) {
      this.#options.onFault(error);
    }
  }
}

/** Changes with every use. */
function sumOf(lastUsedMs: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const ms of lastUsedMs.values()) sum += ms;
  return sum;
}
