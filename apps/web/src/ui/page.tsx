// The frame of a page: its name, what it is about, its controls.

import type { ReactNode } from 'react';

interface PageProps {
  readonly title: string;
  readonly about?: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, about, actions, children }: PageProps): ReactNode {
  return (
    <div className="mx-auto flex w-full max-w-[110rem] flex-col gap-4 p-4 md:p-6">
      <header className="flex flex-wrap items-end gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {about === undefined ? null : <p className="text-sm text-ink-3">{about}</p>}
        </div>
        <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>
      </header>
      {children}
    </div>
  );
}
