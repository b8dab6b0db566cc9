// Looks whether the ports of a node are free before anything is opened, so that a mistake in the
// configuration leaves no trace.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { formatHostPort, type HostPort } from '../config/host-port.ts';

/** An address of the configuration, with the key that names it. */
export interface PortToProbe {
  readonly key: string;
  readonly protocol: 'tcp' | 'udp';
  readonly address: HostPort;
}

/** Rejects with PATINA_ADDRESS_IN_USE or PATINA_CONFIG_INVALID naming the key and the address. */
export async function probePorts(ports: readonly PortToProbe[]): Promise<void> {
  for (const port of ports) {
    try {
      await (port.protocol === 'tcp' ? probeTcp(port.address) : probeUdp(port.address));
    } catch (cause) {
      throw failure(port, cause);
    }
  }
}

function probeTcp({ host, port }: HostPort): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

function probeUdp({ host, port }: HostPort): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve()));
  });
}

function failure({ key, address: at }: PortToProbe, cause: unknown): PatinaError {
  const address = formatHostPort(at);
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') {
    return new PatinaError('PATINA_ADDRESS_IN_USE', `${key} = ${address} is in use`, {
      hint: `Stop the program that listens there, or give ${key} another port.`,
      cause,
    });
  }
  return new PatinaError('PATINA_CONFIG_INVALID', `cannot listen on ${key} = ${address}`, {
    hint: 'Name an address of this machine, and a port that you may use.',
    cause,
  });
}
