// The pages at the left edge, or at the bottom of a narrow screen.

'use client';

import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { classes } from '../ui/classes.ts';
import { PageLink } from '../ui/page-link.tsx';
import { pageOf, pages } from './pages.ts';

export function Navigation(): ReactNode {
  const current = pageOf(usePathname());
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-20 border-t border-line bg-surface md:sticky md:inset-auto md:top-0 md:h-dvh md:w-48 md:shrink-0 md:border-t-0 md:border-r"
    >
      <div className="hidden h-13 items-center gap-2 px-4 md:flex">
        <Mark />
        <span className="text-lg font-semibold tracking-tight">Patina</span>
      </div>
      <ul className="flex md:flex-col md:gap-0.5 md:px-2 md:pt-2">
        {pages.map(({ path, name, about, icon: Icon }) => (
          <li key={path} className="min-w-0 flex-1 md:flex-none">
            <PageLink
              href={path}
              title={about}
              aria-current={current?.path === path ? 'page' : undefined}
              className={classes(
                'flex flex-col items-center gap-0.5 px-0.5 py-2 text-[0.625rem] md:flex-row md:gap-2.5 md:rounded-md md:px-2.5 md:py-1.5 md:text-sm',
                current?.path === path
                  ? 'font-medium text-accent md:bg-selected md:text-ink'
                  : 'text-ink-2 hover:bg-hover hover:text-ink',
              )}
            >
              <Icon aria-hidden="true" className="size-4.5 shrink-0 md:size-4" />
              <span className="max-w-full truncate tracking-tighter md:tracking-normal">
                {name}
              </span>
            </PageLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Mark(): ReactNode {
  return (
    <svg aria-hidden="true" viewBox="0 0 32 32" className="size-6">
      <rect width="32" height="32" rx="7" fill="#1f6f5f" />
      <g fill="none" stroke="#d9f2e6" strokeWidth="2.4">
        <ellipse cx="16" cy="9.5" rx="8" ry="3.2" />
        <path d="M8 9.5v6.4c0 1.8 3.6 3.2 8 3.2s8-1.4 8-3.2V9.5" />
        <path d="M8 15.9v6.4c0 1.8 3.6 3.2 8 3.2s8-1.4 8-3.2v-6.4" />
      </g>
    </svg>
  );
}
