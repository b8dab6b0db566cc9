'use client';
// The page Replication.

import type { ReactNode } from 'react';
import { Page } from '../../ui/page.tsx';

export function ReplicationPage(): ReactNode {
  return <Page title="Replication">{null}</Page>;
}
