// The time and the chance that SQL functions see. Mostly those of the machine; a transaction that is tried
// and then committed brings its own, so that now() and random() are the same both times.

import { createHash, randomFillSync } from 'node:crypto';
import type { TransactionMoment } from '../ports.ts';

export type { TransactionMoment };

interface Drawing extends TransactionMoment {
  readonly statement: number;
  /** Blocks drawn for this statement. */
  blocks: number;
}

let drawing: Drawing | undefined;
let fixedNowMs: number | undefined;

/**
 * From now on functions see this moment, for the statement with this index in its transaction; undefined
 * gives them back the machine's time and chance. Holds for the whole thread.
 */
export function setMoment(moment: TransactionMoment | undefined, statement = 0): void {
  drawing = moment === undefined ? undefined : { ...moment, statement, blocks: 0 };
}

/** From now on now() says this, Unix milliseconds, where no moment is set; undefined: the machine's time. */
export function fixNow(nowMs: number | undefined): void {
  fixedNowMs = nowMs;
}

/** The moment that functions see now; undefined: the machine's time and chance. */
export function transactionMoment(): TransactionMoment | undefined {
  return drawing;
}

/** What now() says: Unix milliseconds of the transaction, or of the machine. */
export function momentNowMs(): number {
  return drawing?.nowMs ?? fixedNowMs ?? Date.now();
}

/** Random bytes: of the transaction's seed where it has one, else of the machine. */
export function momentRandomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  if (drawing === undefined) return randomFillSync(bytes);
  for (let filled = 0; filled < count; filled += blockBytes) {
    const { seed, statement } = drawing;
    const block = createHash('sha256').update(`${seed} ${statement} ${drawing.blocks}`).digest();
    drawing.blocks++;
    bytes.set(block.subarray(0, Math.min(blockBytes, count - filled)), filled);
  }
  return bytes;
}

/** Of SHA-256. */
const blockBytes = 32;
