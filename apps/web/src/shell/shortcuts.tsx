// Keys that work on every page, and the sheet that lists them.

'use client';

import { useRouter } from 'next/navigation';
import { type ReactNode, useEffect } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { pages } from './pages.ts';

/** After `g` the key of a page must follow within this time, milliseconds. */
const followMs = 1_200;

interface Keys {
  readonly onPalette: () => void;
  readonly onHelp: () => void;
}

export function useShortcuts({ onPalette, onHelp }: Keys): void {
  const router = useRouter();
  useEffect(() => {
    let leaderAtMs = Number.NEGATIVE_INFINITY;
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        onPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const page = pages.find(({ key }) => key === event.key);
      if (event.timeStamp - leaderAtMs < followMs && page !== undefined) {
        event.preventDefault();
        router.push(page.path);
      }
      leaderAtMs = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
      if (event.key === '?') onHelp();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [router, onPalette, onHelp]);
}

/** The target may be inside the editor, which has a tree of its own. */
function isTyping(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

const sheet: readonly (readonly [string, string])[] = [
  ['Ctrl K', 'Command palette'],
  ['?', 'This sheet'],
  ...pages.map(({ key, name }) => [`g ${key}`, `Go to ${name}`] as const),
  ['Ctrl Enter', 'SQL: run the statement or the selection'],
  ['Ctrl Shift Enter', 'SQL: run all'],
  ['Ctrl E', 'SQL: explain'],
  ['Ctrl S', 'SQL: save the query'],
  ['Ctrl /', 'SQL: comment'],
  ['Esc', 'SQL: cancel what runs; close a window'],
  ['Alt 1 … 9', 'SQL: go to a tab'],
  ['Arrows, Home, End', 'Grid: move; Enter opens a cell, Ctrl C copies it'],
];

export function ShortcutSheet({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <Dialog title="Keyboard shortcuts" isOpen={isOpen} onClose={onClose}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 p-4 text-sm">
        {sheet.map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="rounded border border-line-strong bg-sunken px-1.5 py-0.5">
                {keys}
              </kbd>
            </dt>
            <dd className="text-ink-2">{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
