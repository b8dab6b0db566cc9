// Ports that no program uses at the moment, free for TCP and UDP.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const host = '127.0.0.1';

/** So many different ports. They are held until all are found, so that none is given twice. */
export async function freePorts(count: number): Promise<number[]> {
  const held: (() => void)[] = [];
  const ports: number[] = [];
  try {
    while (ports.length < count) {
      const server = createServer().listen(0, host);
      await once(server, 'listening');
      held.push(() => server.close());
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port was bound');
      if (await isFreeForUdp(address.port)) ports.push(address.port);
    }
    return ports;
  } finally {
    for (const release of held) release();
  }
}

/** Whether all ports are free for TCP and UDP now. */
export async function areFree(ports: readonly number[]): Promise<boolean> {
  const free = await Promise.all(ports.flatMap((port) => [isFreeForTcp(port), isFreeForUdp(port)]));
  return free.every((each) => each);
}

async function isFreeForTcp(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, host);
    await once(socket, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
