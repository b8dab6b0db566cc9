// Bytes on the wire for each replicated row: what the encoding needs, and what leaves a node's socket
// in UDP packets, with QUIC's own bytes, acknowledgements, gossip and sync.

import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchAgent, startCluster } from '../lib/agents.ts';
import { insertTransaction, openHost, rowsFrom, transact } from '../lib/databases.ts';
import type { BenchContext, Figure } from '../lib/figure.ts';
import { must } from '../lib/must.ts';
import { fixed, whole } from '../lib/text.ts';
import { waitFor } from '../lib/wait.ts';

const rowsPerTransaction = 1_000;

/** Bytes of a version of 1,000 rows, divided by its rows. */
function encodedBytesPerRow({ directory }: BenchContext): number {
  const host = openHost(directory, 'encoded');
  const rows = rowsFrom(100_000, rowsPerTransaction);
  const [version] = transact(host, [insertTransaction(rows)]);
  host.close();
  const chunks = must(version?.chunks, 'the encoded version');
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0) / rowsPerTransaction;
}

/** UDP payload that a node has sent and received, bytes. */
async function trafficOf({ client }: BenchAgent): Promise<number> {
  const metrics = await client.metrics();
  const of = (kind: string) =>
    must(metrics.get(`patina_transport_total{kind="${kind}"}`), `the count of ${kind}`);
  return of('bytesSent') + of('bytesReceived');
}

export const wireBytes: Figure = {
  name: 'wire',
  title: 'bytes on the wire per replicated row, 1,000-row transaction',
  target: '<= 60',
  async measure(context) {
    const encoded = encodedBytesPerRow(context);
    const agents = await startCluster(context, 2);
    const [writer, reader] = agents;
    if (writer === undefined || reader === undefined) throw new Error('there are no two agents');
    const transactions = context.isQuick ? 5 : 30;
    const quietMs = context.isQuick ? 2_000 : 10_000;
    await sleep(quietMs);
    context.progress('traffic without writes');
    const idleStart = await trafficOf(writer);
    await sleep(quietMs);
    const idleBytesPerMs = ((await trafficOf(writer)) - idleStart) / quietMs;
    context.progress(`${transactions} transactions`);
    const startMs = performance.now();
    const before = await trafficOf(writer);
    for (let index = 0; index < transactions; index++) {
      const rows = rowsFrom(100_000 + index * rowsPerTransaction, rowsPerTransaction);
      const made = await writer.client.insert(rows);
      await reader.client.query('SELECT 1', made);
    }
    const total = transactions * rowsPerTransaction;
    await waitFor(async () => ((await reader.client.count()) === total ? true : undefined), {
      deadlineMs: 60_000,
      everyMs: 100,
      what: 'the other node has all rows',
    });
    // Sync that follows the writes counts as well.
    await sleep(quietMs);
    const spentMs = performance.now() - startMs;
    const bytes = (await trafficOf(writer)) - before - idleBytesPerMs * spentMs;
    for (const agent of agents) await agent.stop();
    const perRow = bytes / total;
    return {
      measured: `${fixed(perRow, 1)} (encoded ${fixed(encoded, 1)})`,
      isReached: perRow <= 60,
      values: {
        bytesPerRow: perRow,
        encodedBytesPerRow: encoded,
        idleBytesPerS: idleBytesPerMs * 1000,
      },
      notes: [
        'UDP payload in both directions between two nodes, less what they exchange while idle ' +
          `(${whole(idleBytesPerMs * 1000)} bytes/s); the rows hold about 43 bytes of data each`,
      ],
    };
  },
};
