// What the clocks add to the file, at the node that wrote the rows and at one that received them.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import {
  insertSql,
  insertTransaction,
  openHost,
  openPlain,
  rowsFrom,
  transact,
} from '../lib/databases.ts';
import type { Figure } from '../lib/figure.ts';
import { fixed, whole } from '../lib/text.ts';

export const databaseSize: Figure = {
  name: 'size',
  title: 'database size, same rows',
  target: '<= 2.0 of plain, <= 45 bytes of clocks a row',
  async measure(context) {
    const count = context.isQuick ? 20_000 : 200_000;
    context.progress(`${whole(count)} rows in transactions of 1,000`);
    const plain = openPlain(context.directory, 'plain');
    const origin = openHost(context.directory, 'origin');
    const receiver = openHost(context.directory, 'receiver');
    const statement = plain.prepare(insertSql);
    for (let start = 0; start < count; start += 1_000) {
      const rows = rowsFrom(start, 1_000);
      plain.exec('BEGIN');
      for (const row of rows) statement.run(...row);
      plain.exec('COMMIT');
      for (const { chunks } of transact(origin, [insertTransaction(rows)])) {
        receiver.replica.merge(chunks ?? []);
      }
    }
    for (const db of [plain, origin.replica.db, receiver.replica.db]) {
      db.pragma('wal_checkpoint(TRUNCATE)');
    }
    const bytesOf = (name: string) => statSync(join(context.directory, `${name}.db`)).size;
    const plainBytes = bytesOf('plain');
    const originBytes = bytesOf('origin');
    const receiverBytes = bytesOf('receiver');
    plain.close();
    origin.close();
    receiver.close();
    const ratio = originBytes / plainBytes;
    const clockBytes = (originBytes - plainBytes) / count;
    const receivedClockBytes = (receiverBytes - plainBytes) / count;
    return {
      measured: `${fixed(ratio)} of plain, ${fixed(clockBytes, 1)} bytes a row`,
      isReached: ratio <= 2 && clockBytes <= 45,
      values: {
        sizeRatio: ratio,
        clockBytesPerRow: clockBytes,
        receivedClockBytesPerRow: receivedClockBytes,
        plainBytesPerRow: plainBytes / count,
      },
      notes: [
        `plain ${fixed(plainBytes / count, 1)} bytes a row; at a node that received the rows ` +
          `${fixed(receiverBytes / plainBytes)} of plain, ${fixed(receivedClockBytes, 1)} bytes`,
      ],
    };
  },
};
