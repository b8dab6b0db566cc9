// Names are resolved with all their records, each time anew; what fails is told of and left out. A
// small DNS server on loopback gives the answers.

import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { createBootstrapResolver } from './bootstrap-resolver.ts';

interface DnsRecord {
  readonly type: 'A' | 'AAAA';
  /** The address as bytes. */
  readonly data: readonly number[];
}

const typeCodes = { A: 1, AAAA: 28 } as const;

/** Answers a query with the records of the type that it asks for. */
function answer(query: Buffer, records: readonly DnsRecord[]): Buffer {
  let end = 12;
  for (let length = query[end]; length !== undefined && length > 0; length = query[end]) {
    end += length + 1;
  }
  const question = query.subarray(12, end + 5);
  const type = question.readUInt16BE(question.length - 4);
  const matching = records.filter((record) => typeCodes[record.type] === type);
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // A response; "no such name" when there is no record at all.
  header.writeUInt16BE(records.length === 0 ? 0x8183 : 0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(matching.length, 6);
  const answers = matching.map(({ data }) => {
    const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]);
    return Buffer.concat([head, Buffer.from(data)]);
  });
  return Buffer.concat([header, question, ...answers]);
}

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** Starts a DNS server whose records are asked for at each query; resolves with its address. */
function dnsServer(records: () => readonly DnsRecord[]): Promise<string> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.on('message', (query, from) => {
    socket.send(answer(query, records()), from.port, from.address);
  });
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () => resolve(`127.0.0.1:${socket.address().port}`));
  });
}

function setUp(entries: readonly string[]) {
  const failed: { entry: string; error: unknown }[] = [];
  const resolve = createBootstrapResolver(entries, (entry, error) => failed.push({ entry, error }));
  return { resolve, failed };
}

const v6 = [0xfd, 0xaa, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3];

describe('createBootstrapResolver', () => {
  it('takes IP addresses as they are, each once', async () => {
    const { resolve, failed } = setUp(['10.0.0.1:5000', '10.0.0.1:5000', '10.0.0.2', '[::1]:6']);
    expect(await resolve()).toEqual(['10.0.0.1:5000', '10.0.0.2:4001', '[::1]:6']);
    expect(failed).toEqual([]);
  });

  it('asks the system for names without a server', async () => {
    const { resolve } = setUp(['localhost:7000']);
    const addresses = await resolve();
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) expect(['127.0.0.1:7000', '[::1]:7000']).toContain(address);
  });

  it('takes all A and AAAA records of a name from the server named', async () => {
    const server = await dnsServer(() => [
      { type: 'A', data: [10, 0, 0, 1] },
      { type: 'A', data: [10, 0, 0, 2] },
      { type: 'AAAA', data: v6 },
    ]);
    const { resolve, failed } = setUp([`app.internal:4002@${server}`]);
    expect((await resolve()).toSorted()).toEqual([
      '10.0.0.1:4002',
      '10.0.0.2:4002',
      '[fdaa::3]:4002',
    ]);
    expect(failed).toEqual([]);
  });

  it('needs records of one kind only', async () => {
    const server = await dnsServer(() => [{ type: 'AAAA', data: v6 }]);
    const { resolve, failed } = setUp([`app.internal@${server}`]);
    expect(await resolve()).toEqual(['[fdaa::3]:4001']);
    expect(failed).toEqual([]);
  });

  it('looks again each time', async () => {
    let last = 1;
    const server = await dnsServer(() => [{ type: 'A', data: [10, 0, 0, last] }]);
    const { resolve } = setUp([`app.internal@${server}`]);
    expect(await resolve()).toEqual(['10.0.0.1:4001']);
    last = 2;
    expect(await resolve()).toEqual(['10.0.0.2:4001']);
  });

  it('tells of what fails, with the reasons, and keeps the rest', async () => {
    const server = await dnsServer(() => []);
    const entry = `gone.internal@${server}`;
    const { resolve, failed } = setUp([entry, '10.0.0.1:1']);
    expect(await resolve()).toEqual(['10.0.0.1:1']);
    expect(failed).toHaveLength(1);
    expect(failed[0]?.entry).toBe(entry);
    expect(failed[0]?.error).toBeInstanceOf(AggregateError);
    expect(failed[0]?.error).toMatchObject({ message: expect.stringContaining('gone.internal') });
  });

  it('refuses nonsense at once, not when it is first needed', () => {
    expect(() => setUp(['host:0'])).toThrow(
      expect.objectContaining({ code: 'PATINA_CONFIG_INVALID' }),
    );
  });
});
