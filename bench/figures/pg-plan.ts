// What it costs to translate and vet a statement of a PostgreSQL client: one that was seen before, and
// one that was not. In process, where the node does it too.

import { PlanDesk } from '@patina/pg/server/plan-desk.ts';
import { median } from '../lib/cost.ts';
import { schemaSql } from '../lib/databases.ts';
import type { Figure } from '../lib/figure.ts';
import { fixed } from '../lib/text.ts';

const repeatedUsMax = 20;

/** What clients send: by key, a filter with PostgreSQL's own syntax, writes. */
const texts: readonly string[] = [
  'SELECT a, b, c, d FROM t WHERE id = $1',
  "SELECT id, a FROM t WHERE a ILIKE $1 AND b::text <> '' AND c BETWEEN $2 AND $3 ORDER BY id LIMIT 10",
  'INSERT INTO t (id, a, b, c, d) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING',
  'UPDATE t SET b = b + $1 WHERE id = $2 RETURNING id, b',
];

export const pgPlan: Figure = {
  name: 'pg-plan',
  title: 'PostgreSQL clients: translating and vetting a repeated statement',
  target: '<= 20 us',
  async measure(context) {
    const rounds = context.isQuick ? 1 : 5;
    const repeats = context.isQuick ? 2_000 : 50_000;
    const fresh = context.isQuick ? 50 : 500;
    const desk = new PlanDesk({
      schemaDdl: async () => [schemaSql],
      onSchemaChange: () => () => undefined,
    });
    await desk.ready();
    const plan = (text: string): void => {
      const { planner } = desk;
      const options = { paramTypes: [], setting: () => undefined };
      for (const statement of planner.parse(text)) planner.plan(statement, options);
    };
    const timeUs = (count: number, run: (index: number) => void): number => {
      const startMs = performance.now();
      for (let index = 0; index < count; index++) run(index);
      return ((performance.now() - startMs) * 1_000) / count;
    };
    const repeatedUs: number[] = [];
    const freshUs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const [index, text] of texts.entries()) {
        plan(text);
        repeatedUs.push(timeUs(repeats, () => plan(text)));
        // Another text each time, with the same work to do.
        freshUs.push(timeUs(fresh, (turn) => plan(`${text} /* ${round} ${index} ${turn} */`)));
      }
    }
    desk.stop();
    const greatestUs = Math.max(...texts.map((_, index) => medianOf(repeatedUs, index)));
    return {
      measured: `${fixed(greatestUs)} us, the dearest of ${texts.length}`,
      isReached: greatestUs <= repeatedUsMax,
      values: { repeatedUs: greatestUs, freshUs: median(freshUs) },
      notes: [`a statement that was not seen before: ${fixed(median(freshUs))} us`],
    };
  },
};

/** Of the times of one text, which come back every so many. */
function medianOf(times: readonly number[], index: number): number {
  return median(times.filter((_, place) => place % texts.length === index));
}
