'use client';
// The page Data.

import type { ReactNode } from 'react';
import { Page } from '../../ui/page.tsx';

export function DataPage(): ReactNode {
  return <Page title="Data">{null}</Page>;
}
