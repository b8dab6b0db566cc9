// Stands between a node and the others, and can cut it off: every node is reached through a relay of its
// own, which passes datagrams on, or drops those of nodes that are apart.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const host = '127.0.0.1';

/** Senders that a relay remembers at most. */
const sendersMax = 1_000;

export class Relays {
  readonly #relays: Relay[] = [];
  readonly #apart = new Set<number>();

  /** Puts a relay before the node that listens on this port; gives the relay's port. */
  readonly before = async (nodePort: number): Promise<number> => {
    const relay = new Relay(nodePort, (sender) => this.#isCut(nodePort, sender));
    this.#relays.push(relay);
    return relay.listen();
  };

  /** By which port the others know this node. */
  portOf(nodePort: number): number | undefined {
    return this.#relays.find((relay) => relay.nodePort === nodePort)?.port;
  }

  /** Nothing passes between this node and any other one any more. */
  cut(nodePort: number): void {
    this.#apart.add(nodePort);
  }

  heal(): void {
    this.#apart.clear();
  }

  close(): void {
    for (const relay of this.#relays) relay.close();
  }

  #isCut(nodePort: number, senderPort: number): boolean {
    return this.#apart.has(nodePort) || this.#apart.has(senderPort);
  }
}

class Relay {
  readonly #front: Socket = createSocket('udp4');
  readonly #backs = new Map<number, Socket>();
  readonly nodePort: number;
  readonly #isCut: (senderPort: number) => boolean;

  constructor(nodePort: number, isCut: (senderPort: number) => boolean) {
    this.nodePort = nodePort;
    this.#isCut = isCut;
  }

  async listen(): Promise<number> {
    this.#front.on('message', (bytes, { port }) => {
      if (!this.#isCut(port)) this.#back(port).send(bytes, this.nodePort, host);
    });
    this.#front.bind(0, host);
    await once(this.#front, 'listening');
    return this.port;
  }

  get port(): number {
    return this.#front.address().port;
  }

  close(): void {
    this.#front.close();
    for (const back of this.#backs.values()) back.close();
  }

  /** The socket by which the node sees this sender. */
  #back(senderPort: number): Socket {
    const known = this.#backs.get(senderPort);
    if (known !== undefined) return known;
    if (this.#backs.size >= sendersMax) throw new Error('more senders than a test has');
    const back = createSocket('udp4');
    back.on('message', (bytes) => {
      if (!this.#isCut(senderPort)) this.#front.send(bytes, senderPort, host);
    });
    this.#backs.set(senderPort, back);
    return back;
  }
}
