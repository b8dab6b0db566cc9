// Connections at once from one address, where a limit is set: more are closed before anything is read from
// them.

import type { Server } from 'node:net';

/** 0 is no limit. */
export function limitConnections(server: Server, perAddressMax: number): void {
  if (perAddressMax === 0) return;
  const countByAddress = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (countByAddress.get(address) ?? 0) + 1;
    if (count > perAddressMax) {
      socket.destroy();
      return;
    }
    countByAddress.set(address, count);
    socket.once('close', () => {
      const left = (countByAddress.get(address) ?? 1) - 1;
      if (left > 0) countByAddress.set(address, left);
      else countByAddress.delete(address);
    });
  });
}
