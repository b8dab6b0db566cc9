// What the procedures answer, by name, for the parts of the console.

import type { ApiRouter } from '@patina/api/router.ts';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';

export type Answers = inferRouterOutputs<ApiRouter>;
export type Inputs = inferRouterInputs<ApiRouter>;

/** What one event of a subscription carries; ids of events are taken off by the client. */
export type EventOf<T> = T extends AsyncIterable<infer E, infer _R, infer _N> ? E : never;

export type ClusterReading = EventOf<Answers['cluster']['watch']>;
export type ClusterMember = ClusterReading['members'][number];
