// Object ids of what users made: a hash of kind and name, so that they stay the same over restarts and on
// every connection, and move on by one where two would meet.

/** Where PostgreSQL's ids for users' objects begin. */
const firstUserOid = 16_384;
/** Ids stay below 2^31: some clients keep them in signed integers. */
const oidsMax = 2 ** 31 - firstUserOid;

export type ObjectKind = 'relation' | 'index' | 'constraint' | 'default' | 'type' | 'role' | 'rule';

/** Gives out ids; the same object asked for twice has one id. */
export class ObjectIds {
  readonly #byKey = new Map<string, number>();
  readonly #taken = new Set<number>();

  /** Ask in a fixed order: where two hashes meet the later object gets the next id. */
  idOf(kind: ObjectKind, name: string): number {
    const key = `${kind}:${name}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    let place = hash(key) % oidsMax;
    while (this.#taken.has(place)) place = (place + 1) % oidsMax;
    this.#taken.add(place);
    this.#byKey.set(key, firstUserOid + place);
    return firstUserOid + place;
  }
}

/** FNV-1a over UTF-16 units, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
