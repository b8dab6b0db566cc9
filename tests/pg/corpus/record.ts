// Writes down what a real PostgreSQL answers to the corpus, for machines that have none:
// `node tests/pg/corpus/record.ts`.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres } from '../support/real-postgres.ts';
import { withClient } from '../support/target.ts';
import { answersOf, corpusDirectory, loadSchema, themes } from './corpus.ts';

const server = await startPostgres();
try {
  await withClient(server, loadSchema);
  for (const theme of themes()) {
    const answers = await withClient(server, (client) => answersOf(client, theme));
    const lines = answers.map((answer) => `${JSON.stringify(answer)}\n`);
    writeFileSync(join(corpusDirectory, `${theme}.jsonl`), lines.join(''));
    const failed = answers.filter(({ error }) => error !== undefined).length;
    process.stdout.write(`${theme}: ${answers.length} answers, ${failed} of them errors\n`);
  }
} finally {
  await server.close();
}
