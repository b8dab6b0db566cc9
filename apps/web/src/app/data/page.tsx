// The route /data.

import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { DataPage } from '../../features/data/data-page.tsx';

export const metadata: Metadata = { title: 'Data' };

export default function Route(): ReactNode {
  return <DataPage />;
}
