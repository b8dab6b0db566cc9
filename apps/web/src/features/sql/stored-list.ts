// Lists that are kept in the storage of this browser, the same in all its windows.

import { useSyncExternalStore } from 'react';
import type { z } from 'zod';
import { historyKey, historySchema, savedKey, savedSchema } from './library.ts';

export class StoredList<T> {
  readonly #key: string;
  readonly #schema: z.ZodType<T[]>;
  readonly #listeners = new Set<() => void>();
  #text: string | null = null;
  #list: readonly T[] = [];

  constructor(key: string, schema: z.ZodType<T[]>) {
    this.#key = key;
    this.#schema = schema;
  }

  /** The same list for the same text, as React asks for. */
  readonly read = (): readonly T[] => {
    try {
      const text = localStorage.getItem(this.#key);
      if (text === this.#text) return this.#list;
      this.#text = text;
      const parsed = this.#schema.safeParse(JSON.parse(text ?? '[]'));
      this.#list = parsed.success ? parsed.data : [];
    } catch {
      // Without a storage, or with something else in it, what this page knows holds.
    }
    return this.#list;
  };

  /** False where it holds only until the page is left. */
  readonly change = (change: (list: readonly T[]) => readonly T[]): boolean => {
    this.#list = change(this.read());
    let isKept = true;
    try {
      const text = JSON.stringify(this.#list);
      localStorage.setItem(this.#key, text);
      this.#text = text;
    } catch {
      isKept = false;
    }
    for (const listener of this.#listeners) listener();
    return isKept;
  };

  readonly follow = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    window.addEventListener('storage', listener);
    return () => {
      this.#listeners.delete(listener);
      window.removeEventListener('storage', listener);
    };
  };
}

export const historyList = new StoredList(historyKey, historySchema);
export const savedList = new StoredList(savedKey, savedSchema);

export function useStoredList<T>(list: StoredList<T>): readonly T[] {
  return useSyncExternalStore(list.follow, list.read, none);
}

const nothing: readonly never[] = [];

function none(): readonly never[] {
  return nothing;
}
