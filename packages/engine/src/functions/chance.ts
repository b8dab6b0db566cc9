// Random numbers for SQL: from the transaction's own chance where it has one.

import { createHash } from 'node:crypto';
import { bigintOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import { type SqlFunction, scalar } from './function-types.ts';
import { momentNowMs, momentRandomBytes, transactionMoment } from './moment.ts';

/** Differs from call to call. */
const changing = { isDeterministic: false } as const;

/** A whole number of so many random bits. */
function randomBits(count: number): bigint {
  const bytes = momentRandomBytes(Math.ceil(count / 8));
  return BigInt.asUintN(count, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

/** From 0 to below 1, with all 53 bits that a REAL has. */
function randomFraction(): number {
  return Number(randomBits(53)) / 2 ** 53;
}

/** What is added to the range's bits so that no value is noticeably likelier than another. */
const spareBits = 64;

function randomBetween(low: bigint, high: bigint): bigint {
  if (low > high) {
    throw sqlFault('22023', 'lower bound must be less than or equal to upper bound');
  }
  const count = high - low + 1n;
  return low + (randomBits(count.toString(2).length + spareBits) % count);
}

/** Positive, exact in JavaScript, and hardly ever given out twice, on whatever node. */
function randomId(): bigint {
  return randomBits(53) || 1n;
}

/** Grows with time, is one number throughout a transaction, and tells apart those of one millisecond. */
function transactionNumber(): bigint {
  const seed = transactionMoment()?.seed ?? '';
  const tail = seed === '' ? 0 : createHash('sha256').update(seed).digest().readUInt16BE(0);
  return BigInt(momentNowMs()) * 1_000n + BigInt(tail % 1_000);
}

export const chanceFunctions: readonly SqlFunction[] = [
  scalar('pg_random', 0, randomFraction, changing),
  scalar(
    'pg_random_between',
    2,
    (low = null, high = null) => randomBetween(bigintOf(low), bigintOf(high)),
    changing,
  ),
  scalar('pg_random_id', 0, randomId, changing),
  scalar('pg_txid_current', 0, transactionNumber, changing),
];
