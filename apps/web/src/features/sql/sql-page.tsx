// The page SQL: schema, editor and results, with what can be done with them.

'use client';

import type { ReactNode } from 'react';
import { Page } from '../../ui/page.tsx';
import { SqlWorkspace } from './sql-workspace.tsx';

export function SqlPage(): ReactNode {
  return (
    <Page title="SQL" about="Query any node, or all of them at once">
      <SqlWorkspace />
    </Page>
  );
}
