// The route /schema.

import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { SchemaPage } from '../../features/schema/schema-page.tsx';

export const metadata: Metadata = { title: 'Schema' };

export default function Route(): ReactNode {
  return <SchemaPage />;
}
