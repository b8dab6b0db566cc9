// The route /live.

import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { LivePage } from '../../features/live/live-page.tsx';

export const metadata: Metadata = { title: 'Live' };

export default function Route(): ReactNode {
  return <LivePage />;
}
