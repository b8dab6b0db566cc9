'use client';
// The page Live.

import type { ReactNode } from 'react';
import { Page } from '../../ui/page.tsx';

export function LivePage(): ReactNode {
  return <Page title="Live">{null}</Page>;
}
