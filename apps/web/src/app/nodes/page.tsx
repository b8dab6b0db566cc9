// The route /nodes.

import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { NodesPage } from '../../features/nodes/nodes-page.tsx';

export const metadata: Metadata = { title: 'Nodes' };

export default function Route(): ReactNode {
  return <NodesPage />;
}
