// The page Nodes: all members in five views, or one of them with all that it tells of itself.

'use client';

import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import type { ReactNode } from 'react';
import { Page } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { GraphView } from './graph-view.tsx';
import { NodePage } from './node/node-page.tsx';
import { MatrixView, OpinionsView } from './square-tables.tsx';
import { TableView } from './table-view.tsx';
import { TimelineView } from './timeline-view.tsx';

const views = ['graph', 'matrix', 'table', 'timeline', 'opinions'] as const;

const viewNames = {
  graph: 'Graph',
  matrix: 'Matrix',
  table: 'Table',
  timeline: 'Timeline',
  opinions: 'Opinions',
} as const;

export function NodesPage(): ReactNode {
  const [id] = useQueryState('id', parseAsString);
  const [view, setView] = useQueryState('view', parseAsStringLiteral(views).withDefault('graph'));
  if (id !== null) return <NodePage key={id} actorId={id} />;
  return (
    <Page title="Nodes" about="Who is there, how far apart, and what they think of each other">
      <div>
        <Tabs
          label="Views of the nodes"
          value={view}
          tabs={views.map((value) => ({ value, label: viewNames[value] }))}
          onChoose={(value) => void setView(value)}
        >
          {view === 'graph' ? <GraphView /> : null}
          {view === 'matrix' ? <MatrixView /> : null}
          {view === 'table' ? <TableView /> : null}
          {view === 'timeline' ? <TimelineView /> : null}
          {view === 'opinions' ? <OpinionsView /> : null}
        </Tabs>
      </div>
    </Page>
  );
}
