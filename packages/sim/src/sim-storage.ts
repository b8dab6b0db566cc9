// A storage that takes its time: requests wait in line, are carried out, and are answered a little
// later, as those of a writer thread are. When the process dies, what waits is never carried out, and
// what was carried out may stay unanswered.

import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { Rng } from '@patina/engine/base/rng.ts';
import type { LocalVersion, MemberRow, Storage } from '@patina/engine/ports.ts';
import type { FaultCounts } from './faults/counters.ts';
import type { SimProcess } from './network/sim-process.ts';
import { exponential } from './random.ts';
import type { SimDisk } from './sim-disk.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface SimStorageOptions {
  readonly inner: Storage;
  readonly process: SimProcess;
  readonly disk: SimDisk;
  readonly time: VirtualTime;
  readonly rng: Rng;
  readonly faults: FaultCounts;
  /** Told after every request that may have changed the database. */
  readonly onCommit: () => void;
}

interface Request {
  readonly carryOut: () => Promise<() => void>;
}

export class SimStorage implements Storage {
  readonly #options: SimStorageOptions;
  /** Mean time of a request, milliseconds. */
  delayMeanMs = 0.3;
  /** Refuses everything that writes: the disk is full. */
  isFull = false;
  readonly #lines = { write: newLine(), read: newLine() };
  #tell: (version: LocalVersion) => void = () => {};
  /** Versions that were made by the request that is being carried out. */
  #made: LocalVersion[] = [];

  constructor(options: SimStorageOptions) {
    this.#options = options;
    options.inner.onLocalVersion((version) => this.#made.push(version));
  }

  /** Requests that wait, or are not answered. */
  get pending(): number {
    return this.#lines.write.pending + this.#lines.read.pending;
  }

  onLocalVersion(handler: (version: LocalVersion) => void): void {
    this.#tell = handler;
  }

  identity(): ReturnType<Storage['identity']> {
    return this.#request('write', () => this.#options.inner.identity());
  }

  transact(transaction: Parameters<Storage['transact']>[0]): ReturnType<Storage['transact']> {
    return this.#request('write', () => this.#options.inner.transact(transaction), true);
  }

  merge(chunks: Parameters<Storage['merge']>[0]): ReturnType<Storage['merge']> {
    const copies = chunks.map((bytes) => bytes.slice());
    return this.#request('write', () => this.#options.inner.merge(copies), true);
  }

  recordEmpty(empty: Parameters<Storage['recordEmpty']>[0]): ReturnType<Storage['recordEmpty']> {
    return this.#request('write', () => this.#options.inner.recordEmpty(empty), true);
  }

  retryQuarantined(): ReturnType<Storage['retryQuarantined']> {
    return this.#request('write', () => this.#options.inner.retryQuarantined(), true);
  }

  firstQuarantined(actorId: ActorId): ReturnType<Storage['firstQuarantined']> {
    return this.#request('write', () => this.#options.inner.firstQuarantined(actorId));
  }

  read(...args: Parameters<Storage['read']>): ReturnType<Storage['read']> {
    return this.#request('read', () => this.#options.inner.read(...args));
  }

  becomeActor(...args: Parameters<Storage['becomeActor']>): ReturnType<Storage['becomeActor']> {
    return this.#request('write', () => this.#options.inner.becomeActor(...args));
  }

  loadMembers(): ReturnType<Storage['loadMembers']> {
    return this.#request('write', async () => this.#options.disk.members);
  }

  saveMembers(members: readonly MemberRow[]): Promise<void> {
    return this.#request('write', async () => {
      this.#options.disk.members = members;
    });
  }

  saveLag(...args: Parameters<Storage['saveLag']>): Promise<void> {
    return this.#request('write', () => this.#options.inner.saveLag(...args));
  }

  verify(): ReturnType<Storage['verify']> {
    return this.#request('write', () => this.#options.inner.verify());
  }

  #request<T>(which: 'write' | 'read', run: () => Promise<T>, isWrite = false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const carryOut = async (): Promise<() => void> => {
        const versions: LocalVersion[] = [];
        this.#made = versions;
        try {
          if (this.isFull && isWrite) this.#refuse();
          const value = await run();
          return () => {
            // Versions first: whoever is told of its commit may ask at once what it made.
            for (const version of versions) this.#tell(version);
            resolve(value);
          };
        } catch (error) {
          return () => reject(error);
        }
      };
      const line = this.#lines[which];
      line.pending++;
      line.waiting.push({ carryOut });
      this.#next(line);
    });
  }

  #refuse(): never {
    this.#options.faults.refusedByDisk++;
    throw new PatinaError('PATINA_DISK_FULL', 'the disk is full');
  }

  #next(line: Line): void {
    if (line.isBusy) return;
    const request = line.waiting.shift();
    if (request === undefined) return;
    line.isBusy = true;
    const { time, process, rng } = this.#options;
    time.after(exponential(rng, this.delayMeanMs), () => {
      process.input(() => {
        void request.carryOut().then((answer) => {
          line.isBusy = false;
          line.answers.push(answer);
          if (line === this.#lines.write) this.#options.onCommit();
          time.after(exponential(rng, this.delayMeanMs / 2), () => {
            process.input(() => {
              line.pending--;
              // Answers come in the order of the requests, however long each took.
              line.answers.shift()?.();
            });
          });
          this.#next(line);
        });
      });
    });
  }
}

interface Line {
  readonly waiting: Request[];
  readonly answers: (() => void)[];
  isBusy: boolean;
  pending: number;
}

function newLine(): Line {
  return { waiting: [], answers: [], isBusy: false, pending: 0 };
}
