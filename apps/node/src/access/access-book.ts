// The tokens and users of a node in memory: finds them by what a client shows, and makes one principal for
// each, whose rights end with it.

import type { Principal } from '@patina/api/access/principal.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import {
  type CredentialRecord,
  isUsable,
  join,
  recordsMax,
  removed,
  removedKeptMs,
  textOf,
} from './records.ts';

interface LivePrincipal {
  readonly principal: Principal;
  readonly controller: AbortController;
  /** The record that it was made from. */
  readonly text: string;
}

export interface AccessBookOptions {
  readonly wallMs: () => number;
  /** Told of records that are new or different. */
  readonly onChange: (changed: readonly CredentialRecord[]) => void;
  /** Told of principals whose rights have ended; their signal is aborted already. */
  readonly onRevoked: (principal: Principal) => void;
}

export class AccessBook {
  readonly #options: AccessBookOptions;
  readonly #records = new Map<string, CredentialRecord>();
  readonly #live = new Map<string, LivePrincipal>();
  readonly #lastUsedMs = new Map<string, number>();

  constructor(options: AccessBookOptions) {
    this.#options = options;
  }

  /** All records, in the order of their ids. */
  records(): CredentialRecord[] {
    return [...this.#records.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  lastUsed(): ReadonlyMap<string, number> {
    return this.#lastUsedMs;
  }

  /** Whether there is, or ever was, a credential here. */
  get hasRecords(): boolean {
    return this.#records.size > 0;
  }

  find(id: string): CredentialRecord | undefined {
    return this.#records.get(id);
  }

  /** The user of this name; of several that nodes made at the same time the youngest. */
  user(name: string): CredentialRecord | undefined {
    let found: CredentialRecord | undefined;
    for (const record of this.#records.values()) {
      if (record.kind !== 'user' || record.name !== name || record.removedMs !== undefined)
        continue;
      if (found === undefined || isYounger(record, found)) found = record;
    }
    return found;
  }

  /** Adds a record or puts it in place of its predecessor; throws PATINA_OVERLOADED when there are too many. */
  put(record: CredentialRecord): void {
    if (!this.#records.has(record.id) && this.#records.size >= recordsMax) {
      throw new PatinaError('PATINA_OVERLOADED', `there are ${recordsMax} tokens and users`, {
        hint: 'Revoke those that nobody uses.',
      });
    }
    this.#set([record]);
  }

  remove(record: CredentialRecord): CredentialRecord {
    const gone = removed(record, this.#options.wallMs());
    this.#set([gone]);
    return gone;
  }

  /** Takes in what another node knows. */
  merge(records: readonly CredentialRecord[]): void {
    const changed: CredentialRecord[] = [];
    for (const record of records) {
      const known = this.#records.get(record.id);
      const joined = known === undefined ? record : join(known, record);
      if (known === undefined && this.#records.size + changed.length >= recordsMax) continue;
      if (known === undefined || textOf(joined) !== textOf(known)) changed.push(joined);
    }
    this.#set(changed);
  }

  /** Takes in what was saved; tells nobody. */
  restore(records: readonly CredentialRecord[], lastUsed: ReadonlyMap<string, number>): void {
    for (const record of records) this.#records.set(record.id, record);
    for (const [id, ms] of lastUsed) this.#lastUsedMs.set(id, ms);
  }

  /** Whether the credential may be used now. */
  isUsable(id: string): boolean {
    const record = this.#records.get(id);
    return record !== undefined && isUsable(record, this.#options.wallMs());
  }

  /** The principal of a usable credential, noting its use; undefined where it is not usable. */
  principalOf(id: string): Principal | undefined {
    const record = this.#records.get(id);
    const nowMs = this.#options.wallMs();
    if (record === undefined || !isUsable(record, nowMs)) return undefined;
    this.#lastUsedMs.set(id, nowMs);
    const live = this.#live.get(id);
    if (live !== undefined) return live.principal;
    const controller = new AbortController();
    const { roles, tables } = record;
    const principal = { name: nameOf(record), roles, tables, revoked: controller.signal };
    this.#live.set(id, { principal, controller, text: textOf(record) });
    return principal;
  }

  /** Ends the rights of all who were revoked, have expired, or have other rights now. */
  sweep(): void {
    const nowMs = this.#options.wallMs();
    for (const [id, live] of this.#live) {
      const record = this.#records.get(id);
      if (record !== undefined && isUsable(record, nowMs) && textOf(record) === live.text) continue;
      this.#live.delete(id);
      live.controller.abort();
      this.#options.onRevoked(live.principal);
    }
  }

  /** Forgets removals that no node can be unaware of any more. */
  forgetOld(): void {
    const oldestMs = this.#options.wallMs() - removedKeptMs;
    for (const [id, { removedMs }] of this.#records) {
      if (removedMs !== undefined && removedMs < oldestMs) this.#records.delete(id);
    }
  }

  #set(records: readonly CredentialRecord[]): void {
    if (records.length === 0) return;
    for (const record of records) {
      this.#records.set(record.id, record);
      if (record.removedMs !== undefined) this.#lastUsedMs.delete(record.id);
    }
    // Saved before anybody is told that it was done.
    this.#options.onChange(records);
    this.sweep();
  }
}

/** How logs and limits name it. */
export function nameOf({ kind, id, name }: CredentialRecord): string {
  if (kind === 'user') return `user ${name}`;
  return name === '' ? `token ${id}` : `token ${id} ${name}`;
}

function isYounger(one: CredentialRecord, other: CredentialRecord): boolean {
  return one.createdMs === other.createdMs ? one.id > other.id : one.createdMs > other.createdMs;
}
