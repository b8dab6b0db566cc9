// The page Live: the live queries of the cluster, or one of them, changing in front of the reader.

'use client';

import dynamic from 'next/dynamic';
import { parseAsString, useQueryStates } from 'nuqs';
import { type ReactNode, useState } from 'react';
import { useSelf } from '../../connection/use-self.ts';
import { Button, buttonClasses } from '../../ui/button.tsx';
import { Page } from '../../ui/page.tsx';
import { PageLink } from '../../ui/page-link.tsx';
import { ForbiddenNotice, Panel, Skeleton } from '../../ui/panel.tsx';
import { ExplanationDialog } from './explanation-dialog.tsx';
import { LiveListPanel } from './live-list.tsx';
import { QueryForm } from './query-form.tsx';
import { readStatement } from './statement.ts';

const LiveViewer = dynamic(
  () => import('./live-viewer.tsx').then(({ LiveViewer: Viewer }) => Viewer),
  { ssr: false, loading: () => <Skeleton lines={6} /> },
);

export function LivePage(): ReactNode {
  const mayRead = useSelf().may('reader');
  const [{ sql, params }, set] = useQueryStates(
    { sql: parseAsString.withDefault(''), params: parseAsString.withDefault('') },
    { history: 'push' },
  );
  const watch = (query: string, values: string) =>
    void set({ sql: query, params: values === '' ? null : values });
  if (!mayRead) {
    const fault = {
      code: 'PATINA_FORBIDDEN',
      text: 'It takes the role reader.',
      isForbidden: true,
    };
    return (
      <Page title="Live queries">
        <ForbiddenNotice fault={fault} />
      </Page>
    );
  }
  const form = (
    <QueryForm key={JSON.stringify([sql, params])} sql={sql} params={params} onWatch={watch} />
  );
  if (sql === '') {
    return (
      <Page title="Live queries" about="Results that change in front of you, at every node">
        <Panel title="Watch a query">{form}</Panel>
        <LiveListPanel />
      </Page>
    );
  }
  return (
    <Page
      title="Live query"
      actions={
        <>
          <Explain sql={sql} params={params} />
          <PageLink href="/live" className={buttonClasses()}>
            All live queries
          </PageLink>
        </>
      }
    >
      {form}
      <LiveViewer sql={sql} params={params} />
    </Page>
  );
}

interface ExplainProps {
  readonly sql: string;
  readonly params: string;
}

function Explain({ sql, params }: ExplainProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const reading = readStatement(sql, params);
  if (reading.kind === 'problem') return null;
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>How it is kept</Button>
      {isOpen ? (
        <ExplanationDialog of={{ statement: reading.statement }} onClose={() => setIsOpen(false)} />
      ) : null}
    </>
  );
}
