// The keys of the page that work wherever the focus is; the editor has them too.

'use client';

import { useEffect } from 'react';
import type { Scope } from './chosen-statements.ts';

export interface PageKeys {
  readonly start: (scope: Scope) => void;
  readonly explain: () => void;
  readonly save: () => void;
  readonly cancel: () => boolean;
  /** Goes to a tab by its place from 0. */
  readonly choose: (place: number) => void;
}

export function useKeys({ start, explain, save, cancel, choose }: PageKeys): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      // What the editor has done is done.
      if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return;
      const isMod = event.ctrlKey || event.metaKey;
      const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
      if (event.key === 'Escape') cancel();
      else if (event.altKey && !isMod && digit !== undefined) choose(Number(digit) - 1);
      else if (isMod && event.key === 'Enter') start(event.shiftKey ? 'all' : 'chosen');
      else if (isMod && event.key === 'e') explain();
      else if (isMod && event.key === 's') save();
      else return;
      if (event.key !== 'Escape') event.preventDefault();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  });
}
