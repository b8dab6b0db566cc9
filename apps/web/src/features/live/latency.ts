// How long a change took, in words: it is measured with two clocks, and says so.

import { formatDuration } from '../../format/times.ts';

/** What the latency of a change is, for whoever asks. */
export const latencyNote =
  'From the commit, by the clock of the node where it was made, to the arrival here, by the clock of this machine. Where the two clocks differ, it is off by as much.';

/** Where the clock of the origin is ahead, a change may seem to arrive before it was made. */
export function latencyText(ms: number): string {
  const size = Math.abs(ms);
  // Clocks of commits have whole milliseconds.
  const text = size < 1_000 ? `${Math.round(size)} ms` : formatDuration(size);
  return ms < 0 ? `−${text}` : text;
}
