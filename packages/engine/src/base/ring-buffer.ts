// A queue over a circular array: adding and taking at either end costs the same whatever its length,
// where an array's shift() does not.

import { assert } from './assert.ts';

const capacityMin = 8;

/** A growing double-ended queue. It has no limit of its own: its owner keeps one. */
export class RingBuffer<T> {
  #slots: (T | undefined)[] = new Array(capacityMin);
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The item at `index` from the front; undefined past the end. */
  at(index: number): T | undefined {
    return index < this.#length ? this.#slots[this.#slot(index)] : undefined;
  }

  push(item: T): void {
    this.#growIfFull();
    this.#slots[this.#slot(this.#length)] = item;
    this.#length++;
  }

  unshift(item: T): void {
    this.#growIfFull();
    this.#first = this.#slot(this.#slots.length - 1);
    this.#slots[this.#first] = item;
    this.#length++;
  }

  /** Takes the item at the front. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#first];
    this.#slots[this.#first] = undefined;
    this.#first = this.#slot(1);
    this.#length--;
    return item;
  }

  /** Takes the item at the back. */
  pop(): T | undefined {
    if (this.#length === 0) return undefined;
    const slot = this.#slot(this.#length - 1);
    const item = this.#slots[slot];
    this.#slots[slot] = undefined;
    this.#length--;
    return item;
  }

  clear(): void {
    this.#slots = new Array(capacityMin);
    this.#first = 0;
    this.#length = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = 0; index < this.#length; index++) yield this.at(index) as T;
  }

  #slot(offset: number): number {
    return (this.#first + offset) & (this.#slots.length - 1);
  }

  /** The capacity stays a power of two, so that positions wrap with a mask. */
  #growIfFull(): void {
    if (this.#length < this.#slots.length) return;
    const grown = new Array<T | undefined>(this.#slots.length * 2);
    for (let index = 0; index < this.#length; index++) grown[index] = this.at(index);
    this.#slots = grown;
    this.#first = 0;
    assert(this.#length < grown.length, 'a grown buffer has room');
  }
}
