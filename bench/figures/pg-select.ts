// Single rows by key over the PostgreSQL protocol, beside a real PostgreSQL: both in turns, both under
// the same load generator, which takes its share of the same cores.

import { median } from '../lib/cost.ts';
import type { Figure } from '../lib/figure.ts';
import { fillAgent, fillPostgres, startPgAgent } from '../lib/pg-agents.ts';
import { type PgbenchResult, pgbench } from '../lib/pgbench.ts';
import { hasPostgres, notMeasured, withPostgres } from '../lib/postgres.ts';
import { fixed, whole } from '../lib/text.ts';

const clients = 8;
const rows = 100_000;

/** What is asked of us where PostgreSQL does 30,000/s. */
const ratioMin = 0.25;
const perSMin = 8_000;
const postgresPerSRated = 30_000;

const script = `\\set id random(1, ${rows})\nSELECT a, b, c, d FROM t WHERE id = :id;\n`;

export const pgSelect: Figure = {
  name: 'pg-select',
  title: 'PostgreSQL clients: single row by key, pgbench -M prepared, 8 clients',
  target: '>= 0.25 of PostgreSQL 15, >= 8,000/s where it does 30,000',
  async measure(context) {
    if (!hasPostgres()) return notMeasured;
    const rounds = context.isQuick ? 1 : 5;
    const seconds = context.isQuick ? 2 : 6;
    const ours: PgbenchResult[] = [];
    const theirs: PgbenchResult[] = [];
    const { directory } = context;
    const node = await startPgAgent(context, 'n1');
    context.progress(`${whole(rows)} rows`);
    await fillAgent(node, rows);
    const version = await withPostgres(directory, async (server) => {
      fillPostgres(server, rows);
      await pgbench(node.address, { directory, script, clients, seconds: 2 });
      for (let round = 1; round <= rounds; round++) {
        context.progress(`round ${round} of ${rounds}`);
        ours.push(await pgbench(node.address, { directory, script, clients, seconds }));
        theirs.push(await pgbench(server, { directory, script, clients, seconds }));
      }
      return server.version;
    });
    await node.agent.stop();
    const perS = median(ours.map((result) => result.perS));
    const latencyMs = median(ours.map((result) => result.latencyMs));
    const postgresPerS = median(theirs.map((result) => result.perS));
    const ratio = median(ours.map((result, index) => result.perS / (theirs[index]?.perS ?? 0)));
    const isFastEnough = postgresPerS < postgresPerSRated || perS >= perSMin;
    return {
      measured: `${whole(perS)}/s, ${fixed(ratio)} of PostgreSQL`,
      isReached: ratio >= ratioMin && isFastEnough,
      values: { selectsPerS: perS, latencyMs, postgresPerS, ratio },
      notes: [`PostgreSQL ${version}: ${whole(postgresPerS)}/s; ours ${fixed(latencyMs)} ms each`],
    };
  },
};
