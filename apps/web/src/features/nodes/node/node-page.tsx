// One node, with all that it tells of itself.

'use client';

import type { ReactNode } from 'react';
import { Page } from '../../../ui/page.tsx';

export function NodePage({ actorId }: { readonly actorId: string }): ReactNode {
  return <Page title={`Node ${actorId.slice(0, 8)}`}>{null}</Page>;
}
