// Reads back a DataRow message that was made for a client.

import { MessageReader } from '../protocol/message-reader.ts';

const headerBytes = 5;

/** The cells of the first row, `count` of them; undefined is NULL. */
export function readTextRow(message: Buffer, count: number): (Uint8Array | undefined)[] {
  if (message.length === 0) return [];
  const length = message.readUInt32BE(1) + 1;
  const reader = new MessageReader(message.subarray(headerBytes, length));
  return reader.list(() => reader.value()).slice(0, count);
}
