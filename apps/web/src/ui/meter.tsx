// How full something is: a bar with its figures in words beside it.

import type { ReactNode } from 'react';

interface MeterProps {
  readonly label: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly text: string;
}

export function Meter({ label, share, text }: MeterProps): ReactNode {
  const percent = Math.max(0, Math.min(100, share * 100));
  const colour = percent >= 80 ? 'var(--bad)' : percent >= 50 ? 'var(--warn)' : 'var(--accent)';
  return (
    <div className="flex items-center gap-2">
      <svg
        role="img"
        aria-label={`${label}: ${text}`}
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        className="h-1.5 w-24 rounded-full"
      >
        <rect width="100" height="6" fill="var(--sunken)" />
        <rect width={percent} height="6" fill={colour} />
      </svg>
      <span aria-hidden="true" className="figures text-sm text-ink-2">
        {text}
      </span>
    </div>
  );
}
