// The route /sql.

import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { SqlPage } from '../../features/sql/sql-page.tsx';

export const metadata: Metadata = { title: 'SQL' };

export default function Route(): ReactNode {
  return <SqlPage />;
}
