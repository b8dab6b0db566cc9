// What happened in the cluster lately, of all nodes, newest first.

'use client';

import type { Reading } from '../../connection/reading.ts';
import type { Answers, EventOf } from '../../connection/shapes.ts';
import { useFeed } from '../../connection/use-feed.ts';

/** Events kept. */
export const eventsMax = 50;

export type ClusterEvent = EventOf<Answers['cluster']['onEvents']>['data'][number];

export function useEvents(): Reading<readonly ClusterEvent[]> {
  return useFeed<readonly ClusterEvent[]>((api, to) => {
    let kept: readonly ClusterEvent[] = [];
    return api.cluster.onEvents.subscribe(undefined, {
      ...to,
      onData: ({ data }) => {
        kept = addEvents(kept, data);
        to.onData(kept);
      },
    });
  });
}

/** Adds events, each once: after a lost connection some may be told again. */
export function addEvents(
  kept: readonly ClusterEvent[],
  events: readonly ClusterEvent[],
): readonly ClusterEvent[] {
  const byName = new Map([...kept, ...events].map((event) => [eventName(event), event]));
  return [...byName.values()].toSorted((a, b) => b.hlc - a.hlc).slice(0, eventsMax);
}

export function eventName({ actor_id: actorId, hlc }: ClusterEvent): string {
  return `${actorId} ${hlc}`;
}
