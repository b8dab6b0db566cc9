// Named figures side by side.

import type { ReactNode } from 'react';

interface FiguresProps {
  readonly figures: readonly (readonly [name: string, value: ReactNode])[];
}

export function Figures({ figures }: FiguresProps): ReactNode {
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3 lg:grid-cols-4">
      {figures.map(([name, value]) => (
        <div key={name} className="min-w-0">
          <dt className="text-xs text-ink-2">{name}</dt>
          <dd className="figures text-base font-medium break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
