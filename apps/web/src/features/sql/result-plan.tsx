// A query plan as a tree of lines, with what each means.

'use client';

import type { ReactNode } from 'react';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { type PlanBadge, planLines } from './plan-reading.ts';
import type { PlanNodes } from './runner.ts';

const badges: Readonly<Record<PlanBadge, { readonly text: string; readonly tone: Tone }>> = {
  scan: { text: 'SCAN', tone: 'warn' },
  search: { text: 'SEARCH', tone: 'good' },
  sort: { text: 'SORT', tone: 'info' },
  other: { text: 'STEP', tone: 'muted' },
};

/** Deeper lines are not moved further to the right. */
const depthMax = 8;

export function ResultPlan({ nodes }: { readonly nodes: PlanNodes }): ReactNode {
  const lines = planLines(nodes);
  return (
    <ol aria-label="Query plan" className="flex h-full flex-col gap-2 overflow-y-auto text-sm">
      {lines.map(({ id, depth, detail, badge, hint }) => (
        <li
          key={id}
          className="flex items-start gap-2"
          style={{ marginInlineStart: `${Math.min(depth, depthMax)}rem` }}
        >
          <Badge tone={badges[badge].tone} className="mt-px w-16 justify-center">
            {badges[badge].text}
          </Badge>
          <span className="min-w-0">
            <code className="break-words">{detail}</code>
            <span className="sr-only">, level {depth + 1}</span>
            {hint === undefined ? null : <span className="block text-ink-2">{hint}</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}
