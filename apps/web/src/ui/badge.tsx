// Small marks of a state: a shape, a word and a colour, so that none of the three is needed alone.

import type { ReactNode } from 'react';
import { classes } from './classes.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'muted';

const tones: Readonly<Record<Tone, string>> = {
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  info: 'bg-info-soft text-info',
  muted: 'bg-sunken text-ink-2',
};

interface BadgeProps {
  readonly tone?: Tone;
  readonly title?: string;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Badge({ tone = 'muted', title, className, children }: BadgeProps): ReactNode {
  return (
    <span
      title={title}
      className={classes(
        'inline-flex items-center gap-1 rounded px-1.5 py-px text-xs font-medium whitespace-nowrap',
        tones[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}

export type MemberState = 'alive' | 'suspect' | 'down' | 'left';

export const stateMarks: Readonly<Record<MemberState, string>> = {
  alive: '●',
  suspect: '◐',
  down: '✕',
  left: '○',
};

export const stateTones: Readonly<Record<MemberState, Tone>> = {
  alive: 'good',
  suspect: 'warn',
  down: 'bad',
  left: 'muted',
};

export function StateBadge({ state }: { readonly state: MemberState }): ReactNode {
  return (
    <Badge tone={stateTones[state]}>
      <span aria-hidden="true">{stateMarks[state]}</span>
      {state}
    </Badge>
  );
}
