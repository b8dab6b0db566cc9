// Tabs after the WAI-ARIA pattern: arrows move between them, the tab that is reached opens.

'use client';

import { type KeyboardEvent, type ReactNode, useId } from 'react';
import { classes } from './classes.ts';
import type { Choice } from './fields.tsx';

interface TabsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly tabs: readonly Choice<T>[];
  readonly onChoose: (value: T) => void;
  readonly children: ReactNode;
}

export function Tabs<T extends string>(props: TabsProps<T>): ReactNode {
  const { label, value, tabs, onChoose, children } = props;
  const id = useId();
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const at = tabs.findIndex((tab) => tab.value === value);
    const next = step === 0 ? undefined : tabs[(at + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    event.preventDefault();
    onChoose(next.value);
    document.getElementById(`${id}-${next.value}`)?.focus();
  };
  return (
    <>
      <div
        role="tablist"
        aria-label={label}
        className="flex gap-1 overflow-x-auto border-b border-line"
      >
        {tabs.map((tab) => (
          <button
            key={tab.value}
            id={`${id}-${tab.value}`}
            type="button"
            role="tab"
            aria-selected={tab.value === value}
            aria-controls={`${id}-panel`}
            tabIndex={tab.value === value ? 0 : -1}
            disabled={tab.isDisabled}
            onClick={() => onChoose(tab.value)}
            onKeyDown={move}
            className={classes(
              '-mb-px h-9 border-b-2 px-3 text-sm whitespace-nowrap disabled:opacity-50',
              tab.value === value
                ? 'border-accent font-medium text-ink'
                : 'border-transparent text-ink-2 hover:text-ink',
            )}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div
        id={`${id}-panel`}
        role="tabpanel"
        aria-labelledby={`${id}-${value}`}
        className="min-h-0 min-w-0 pt-3"
      >
        {children}
      </div>
    </>
  );
}
