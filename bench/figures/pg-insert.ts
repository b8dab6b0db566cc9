// Single-row inserts over the PostgreSQL protocol, each a transaction and a version, replicated to a
// second node; beside a real PostgreSQL, which waits for its disk and replicates to nobody.

import { allSeeAll } from '../lib/agents.ts';
import { median } from '../lib/cost.ts';
import type { Figure } from '../lib/figure.ts';
import { fillPostgres, startPgAgent } from '../lib/pg-agents.ts';
import { type PgbenchResult, pgbench } from '../lib/pgbench.ts';
import { hasPostgres, notMeasured, psql, withPostgres } from '../lib/postgres.ts';
import { fixed, whole } from '../lib/text.ts';
import { waitFor } from '../lib/wait.ts';

const clients = 8;
const perSMin = 3_000;

/** How long the second node may take to have everything, milliseconds. */
const arrivedMsMax = 60_000;

/** Without a key both take the next one. */
const script =
  "\\set b random(1, 1000)\nINSERT INTO t (a, b, c, d) VALUES ('name', :b, 0.25, 'some text');\n";

export const pgInsert: Figure = {
  name: 'pg-insert',
  title:
    'PostgreSQL clients: single-row insert transactions, 8 clients, each a version, replicated',
  target: '>= 3,000/s',
  async measure(context) {
    if (!hasPostgres()) return notMeasured;
    const rounds = context.isQuick ? 1 : 3;
    const seconds = context.isQuick ? 2 : 6;
    const { directory } = context;
    const ours: PgbenchResult[] = [];
    const theirs: PgbenchResult[] = [];
    const node = await startPgAgent(context, 'n1');
    const other = await startPgAgent(context, 'n2', [node.agent.gossipAddress]);
    await allSeeAll([node.agent, other.agent]);
    await withPostgres(directory, async (server) => {
      fillPostgres(server, 1);
      for (let round = 1; round <= rounds; round++) {
        context.progress(`round ${round} of ${rounds}`);
        ours.push(await pgbench(node.address, { directory, script, clients, seconds }));
        theirs.push(await pgbench(server, { directory, script, clients, seconds }));
      }
    });
    const written = Number(psql(node.address, 'SELECT count(*) FROM t'));
    const startMs = performance.now();
    await waitFor(async () => ((await other.agent.client.count()) === written ? true : undefined), {
      deadlineMs: arrivedMsMax,
      everyMs: 100,
      what: `${whole(written)} rows are at the second node`,
    });
    const arrivedMs = performance.now() - startMs;
    const head = (await other.agent.client.lag()).reduce(
      (most, lag) => Math.max(most, lag.head),
      0,
    );
    await Promise.all([node.agent.stop(), other.agent.stop()]);
    const perS = median(ours.map((result) => result.perS));
    const latencyMs = median(ours.map((result) => result.latencyMs));
    const postgresPerS = median(theirs.map((result) => result.perS));
    return {
      measured: `${whole(perS)}/s`,
      isReached: perS >= perSMin && head === written,
      values: { insertsPerS: perS, latencyMs, postgresPerS, arrivedMs },
      notes: [
        `${whole(written)} rows in ${whole(head)} versions, all at the second node ` +
          `${whole(arrivedMs)} ms after the last; ${fixed(latencyMs)} ms each`,
        `PostgreSQL, with fsync: ${whole(postgresPerS)}/s`,
      ],
    };
  },
};
