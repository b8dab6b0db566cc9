// What the reader prefers in this browser: theme and time zone. Kept in its storage, and followed by all
// parts of the page, in other windows too.

import { useSyncExternalStore } from 'react';
import { z } from 'zod';
import type { TimeZone } from '../format/times.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const settingsSchema = z.object({
  theme: z.enum(themes).catch('system'),
  zone: z.enum(['local', 'utc']).catch('local'),
});

export interface Settings {
  readonly theme: Theme;
  readonly zone: TimeZone;
}

const storageKey = 'patina.settings';
const defaults: Settings = { theme: 'system', zone: 'local' };
const listeners = new Set<() => void>();
let current: Settings | undefined;

function read(): Settings {
  if (current !== undefined) return current;
  try {
    const parsed = settingsSchema.safeParse(JSON.parse(localStorage.getItem(storageKey) ?? '{}'));
    current = parsed.success ? parsed.data : defaults;
  } catch {
    current = defaults;
  }
  return current;
}

function follow(listener: () => void): () => void {
  const again = (event: StorageEvent) => {
    if (event.key !== storageKey) return;
    current = undefined;
    listener();
  };
  listeners.add(listener);
  window.addEventListener('storage', again);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', again);
  };
}

export function useSettings(): Settings {
  return useSyncExternalStore(follow, read, () => defaults);
}

export function changeSettings(changes: Partial<Settings>): void {
  current = { ...read(), ...changes };
  try {
    localStorage.setItem(storageKey, JSON.stringify(current));
  } catch {
    // They hold until the page is left.
  }
  for (const listener of listeners) listener();
}

/** The zone in which moments are shown. */
export function useTimeZone(): TimeZone {
  return useSettings().zone;
}
