'use client';
// The page SQL.

import type { ReactNode } from 'react';
import { Page } from '../../ui/page.tsx';

export function SqlPage(): ReactNode {
  return <Page title="SQL">{null}</Page>;
}
