// The page Overview: whether the cluster is well, and where data is late.

'use client';

import type { ReactNode } from 'react';
import { useCluster } from '../../connection/cluster-reading.tsx';
import { Page } from '../../ui/page.tsx';
import { Panel, ReadingBody } from '../../ui/panel.tsx';
import { EventFeed } from './event-feed.tsx';
import { FigureStrip } from './figure-strip.tsx';
import { FirstSteps } from './first-steps.tsx';
import { HistoryCharts } from './history-charts.tsx';
import { NodeTable } from './node-table.tsx';
import { useEvents } from './use-events.ts';
import { useHistory } from './use-history.ts';
import { Verdict } from './verdict.tsx';

export function OverviewPage(): ReactNode {
  const reading = useCluster();
  const history = useHistory();
  const events = useEvents();
  const known = events.kind === 'here' ? events.data : [];
  return (
    <Page title="Overview" about="Whether the cluster is well, and where data is late">
      <ReadingBody reading={reading} skeletonLines={8}>
        {(cluster) => (
          <>
            <Verdict reading={cluster} events={known} />
            <FirstSteps members={cluster.members} />
            <FigureStrip reading={cluster} />
            <div className="grid min-w-0 gap-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
              <div className="flex min-w-0 flex-col gap-4">
                <HistoryCharts history={history} members={cluster.members} />
                <Panel title="Nodes" isFlush>
                  <NodeTable members={cluster.members} />
                </Panel>
              </div>
              <EventFeed events={events} members={cluster.members} />
            </div>
          </>
        )}
      </ReadingBody>
    </Page>
  );
}
