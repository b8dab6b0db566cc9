// Hands the rows of a live query to the client: without end for COPY, or as many as FETCH asks for.

import { PgError } from '../pg-error.ts';
import type { RowOutput, RunSettings } from '../session/requests.ts';
import type { FetchDirection } from '../utility/utility-statement.ts';
import { type Deliver, RowDelivery } from './row-delivery.ts';
import type { Running } from './running.ts';
import type { Subscription } from './subscription.ts';

/** How many rows are handed on at once. */
const stepRows = 500;

export interface ChangesOutput {
  readonly output: RowOutput;
  readonly settings: RunSettings;
  readonly deliver: Deliver;
}

/** Rows and changes until the client cancels or goes, or the live query ends: it always throws. */
export async function streamChanges(
  subscription: Subscription,
  { output, settings, deliver }: ChangesOutput,
  running: Running,
): Promise<never> {
  const delivery = new RowDelivery(subscription.columns, output, settings, deliver);
  // The header of the format, before there are rows.
  await delivery.flush();
  running.onInterrupt(() => subscription.abandon());
  for (;;) {
    await subscription.wait(undefined);
    running.check();
    await delivery.all(subscription.take(stepRows));
    await delivery.flush();
  }
}

/**
 * Rows until there are enough, or none come within `waitMs`; without a time, until there are some. Resolves
 * with how many. Throws 55000 for a direction in which changes cannot be read.
 */
export async function fetchChanges(
  subscription: Subscription,
  direction: FetchDirection,
  waitMs: number | undefined,
  { output, settings, deliver }: ChangesOutput,
  running: Running,
): Promise<number> {
  if (direction.kind !== 'forward') {
    throw new PgError('55000', 'a cursor over changes can only scan forward', {
      hint: 'Use FETCH FORWARD.',
    });
  }
  const count = direction.count === 'all' ? Number.POSITIVE_INFINITY : direction.count;
  const delivery = new RowDelivery(subscription.columns, output, settings, deliver);
  running.onInterrupt(() => subscription.abandon());
  const untilMs = waitMs === undefined ? undefined : performance.now() + waitMs;
  while (delivery.rows < count) {
    await delivery.all(subscription.take(Math.min(count - delivery.rows, stepRows)));
    if (delivery.rows >= count || (untilMs === undefined && delivery.rows > 0)) break;
    const leftMs = untilMs === undefined ? undefined : untilMs - performance.now();
    if (leftMs !== undefined && leftMs <= 0) break;
    await subscription.wait(leftMs);
    running.check();
  }
  await delivery.end();
  return delivery.rows;
}
