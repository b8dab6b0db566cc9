// Whether two cells hold different values, as SQLite would tell them apart; BLOBs are lists of bytes.

import type { Cell } from './live-events.ts';

export function cellsDiffer(a: Cell, b: Cell): boolean {
  if (Object.is(a, b)) return false;
  if (!Array.isArray(a) || !Array.isArray(b)) return true;
  return a.length !== b.length || a.some((byte, at) => byte !== b[at]);
}
