// The events of a live query as they come over the connection: some with the cursor after which one may go
// on, some without.

import type { cellSchema } from '@patina/api/schemas.ts';
import type { z } from 'zod';
import type { Answers, EventOf } from '../../connection/shapes.ts';

export type Cell = z.infer<typeof cellSchema>;

type Told = EventOf<Answers['live']['open']>;

export type LiveEvent = Exclude<Told, { readonly id: string; readonly data: unknown }> | Tracked;
type Tracked = Extract<Told, { readonly id: string; readonly data: unknown }>['data'];

export type ChangeOrigin = Extract<LiveEvent, { kind: 'changes' }>['origins'][number];

/** The event in what the client hands over. */
export function eventIn(told: Told): LiveEvent {
  return 'data' in told ? told.data : told;
}
