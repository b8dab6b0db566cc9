'use client';
// The page Nodes.

import type { ReactNode } from 'react';
import { Page } from '../../ui/page.tsx';

export function NodesPage(): ReactNode {
  return <Page title="Nodes">{null}</Page>;
}
