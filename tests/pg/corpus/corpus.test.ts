// The corpus: each query answered as PostgreSQL answers it, in names, types, rows, command tags and
// SQLSTATE. PostgreSQL is asked in the same run where it is installed; elsewhere its record counts.

import { beforeAll, describe, expect, test } from 'vitest';
import { postgresPrograms, startPostgres } from '../support/real-postgres.ts';
import { type PgTarget, useTarget, withClient } from '../support/target.ts';
import { type Answer, answersOf, loadSchema, queriesOf, recordOf, themes } from './corpus.ts';
import { knownDifferences } from './known-differences.ts';

const target = useTarget();
const wanted = new Map<string, Answer[]>();
const given = new Map<string, Answer[]>();

beforeAll(async () => {
  if (postgresPrograms() !== undefined) {
    const server = await startPostgres();
    try {
      await askAll(server, wanted);
    } finally {
      await server.close();
    }
  }
  await askAll(target(), given);
}, 120_000);

async function askAll(server: PgTarget, answers: Map<string, Answer[]>): Promise<void> {
  await withClient(server, loadSchema);
  for (const theme of themes()) {
    answers.set(theme, await withClient(server, (client) => answersOf(client, theme)));
  }
}

test('the record is what PostgreSQL says', () => {
  for (const [theme, answers] of wanted) expect(answers, theme).toEqual(recordOf(theme));
});

test('known differences are about queries of the corpus', () => {
  for (const { theme, query } of knownDifferences) expect(queriesOf(theme)).toContain(query);
});

describe.each(themes())('%s', (theme) => {
  const record = recordOf(theme);

  test.each(queriesOf(theme).map((query, index) => ({ query, index })))(
    '$query',
    ({ query, index }) => {
      const ours = given.get(theme)?.[index];
      const known = knownDifferences.find((each) => each.theme === theme && each.query === query);
      if (known === undefined) expect(ours).toEqual(record[index]);
      else expect(ours, 'a known difference that is none').not.toEqual(record[index]);
    },
  );
});
