'use client';
// The page Schema.

import type { ReactNode } from 'react';
import { Page } from '../../ui/page.tsx';

export function SchemaPage(): ReactNode {
  return <Page title="Schema">{null}</Page>;
}
