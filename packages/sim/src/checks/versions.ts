// Versions are never used twice: a version of an actor has one content, that of its first making. Two
// contents may exist only when nobody but the machine that lost the first has ever had it.

import { createHash } from 'node:crypto';
import type { LocalVersion } from '@patina/engine/ports.ts';
import type { Machine } from '../machine.ts';

export class VersionRegistry {
  readonly #contents = new Map<string, { readonly digest: string; readonly machine: number }>();

  /** What is wrong with a new version; undefined when nothing is. */
  faultOf(version: LocalVersion, maker: Machine, machines: readonly Machine[]): string | undefined {
    const hash = createHash('sha256');
    // A large version comes without its chunks: time and length tell two of them apart well enough.
    hash.update(`${version.hlc} ${version.lastSeq}`);
    for (const chunk of version.chunks ?? []) hash.update(chunk);
    const digest = hash.digest('hex');
    const key = `${version.actorId}:${version.version}`;
    const known = this.#contents.get(key);
    this.#contents.set(key, { digest, machine: maker.index });
    if (known === undefined || known.digest === digest) return undefined;
    const holder = machines.find((machine) => {
      if (machine === maker || machine.isLost) return false;
      const book = machine.running?.replica.book;
      return book?.contains(version.actorId, version.version) === true;
    });
    if (holder === undefined) return undefined;
    return (
      `version ${key} was made twice, on node ${known.machine} and on ${maker.name}, ` +
      `and ${holder.name} has one of them`
    );
  }
}
