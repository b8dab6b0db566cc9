// The page of the console: this node's health, the members and the lag, kept up to date in place.
'use client';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useNode } from '../lib/use-node.ts';
import { HealthPanel } from './health-panel.tsx';
import { LagPanel } from './lag-panel.tsx';
import { MembersPanel } from './members-panel.tsx';

export function Overview(): ReactNode {
  const [client] = useState(() => new QueryClient());
  return (
    <QueryClientProvider client={client}>
      <Panels />
    </QueryClientProvider>
  );
}

function Panels(): ReactNode {
  const { health, members, lag } = useNode();
  return (
    <main>
      <HealthPanel reading={health} />
      <MembersPanel reading={members} />
      <LagPanel reading={lag} />
    </main>
  );
}
