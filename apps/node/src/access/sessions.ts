// Sessions of the console: who logged in, by the digest of a random id that only the browser has. They end
// with the rights of whoever logged in, when they were idle, and when the node restarts.

import { hash, randomBytes } from 'node:crypto';

const sessionsMax = 10_000;
const idleMsMax = 12 * 3_600_000;
/** However busy it is, it ends after this. */
const ageMsMax = 7 * 86_400_000;

interface Session {
  readonly credentialId: string;
  readonly createdMs: number;
  usedMs: number;
}

export class Sessions {
  readonly #nowMs: () => number;
  readonly #byDigest = new Map<string, Session>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Begins a session under a new id, which is told to nobody else. */
  begin(credentialId: string): string {
    const nowMs = this.#nowMs();
    if (this.#byDigest.size >= sessionsMax) this.#makeRoom(nowMs);
    const id = randomBytes(32).toString('base64url');
    this.#byDigest.set(digest(id), { credentialId, createdMs: nowMs, usedMs: nowMs });
    return id;
  }

  /** The credential behind a session, noting its use. */
  find(id: string): string | undefined {
    const key = digest(id);
    const session = this.#byDigest.get(key);
    if (session === undefined) return undefined;
    const nowMs = this.#nowMs();
    if (this.#isOver(session, nowMs)) {
      this.#byDigest.delete(key);
      return undefined;
    }
    session.usedMs = nowMs;
    return session.credentialId;
  }

  /** Whether it goes on; looking is no use of it. */
  has(id: string): boolean {
    const session = this.#byDigest.get(digest(id));
    return session !== undefined && !this.#isOver(session, this.#nowMs());
  }

  end(id: string): void {
    this.#byDigest.delete(digest(id));
  }

  #isOver({ createdMs, usedMs }: Session, nowMs: number): boolean {
    return nowMs - usedMs >= idleMsMax || nowMs - createdMs >= ageMsMax;
  }

  /** Forgets those that are over; where all are in use, the one that was begun first. */
  #makeRoom(nowMs: number): void {
    for (const [key, session] of this.#byDigest) {
      if (this.#isOver(session, nowMs)) this.#byDigest.delete(key);
    }
    const oldest = this.#byDigest.keys().next();
    if (this.#byDigest.size >= sessionsMax && oldest.done !== true) {
      this.#byDigest.delete(oldest.value);
    }
  }
}

function digest(id: string): string {
  return hash('sha256', id, 'hex');
}
