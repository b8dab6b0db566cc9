// The route /replication.

import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { ReplicationPage } from '../../features/replication/replication-page.tsx';

export const metadata: Metadata = { title: 'Replication' };

export default function Route(): ReactNode {
  return <ReplicationPage />;
}
