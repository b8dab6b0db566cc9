// docs/postgres.md holds: its examples run, its rows of what works and of what is refused are so, and its list
// of known differences is the one that the corpus asserts.

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { knownDifferences } from './corpus/known-differences.ts';
import { hasPython } from './support/programs.ts';
import { postgresPrograms } from './support/real-postgres.ts';
import { clientConfig, connectionUrl, targetKind, useTarget } from './support/target.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/postgres.md'), 'utf8');
const shownUrl = 'postgresql://ann:secret@127.0.0.1:5432/patina';

const target = useTarget();
let client: pg.Client;
beforeAll(async () => {
  client = new pg.Client(clientConfig(target()));
  await client.connect();
});
afterAll(() => client.end());

interface Example {
  readonly language: string;
  readonly text: string;
}

const examples: Example[] = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
  ([, language = '', text = '']) => ({ language, text }),
);

const onPatina = describe.skipIf(targetKind !== 'patina');

onPatina('examples, in their order', () => {
  for (const [index, { language, text }] of examples.entries()) {
    const name = `${index + 1}: ${text.split('\n', 1)[0]}`;
    if (language === 'sql') test(name, () => runSql(text));
    if (language === 'sh') {
      const isThere = existsSync('/usr/bin/psql') && postgresPrograms() !== undefined;
      test.skipIf(!isThere)(name, () => run('/bin/sh', ['-ec', withUrl(text)]));
    }
    if (language === 'js') test(name, () => runFile('mjs', text, process.execPath));
    if (language === 'python') {
      const module = /^import (?:asyncio, )?(\w+)/.exec(text)?.[1] ?? '';
      test.skipIf(!hasPython(module))(name, () => runFile('py', text, '/usr/bin/python3'));
    }
  }
});

onPatina('rows of what works', () => {
  for (const section of ['SQL that works', 'What is accepted and does something else']) {
    test.each(rowsOf(section))(`${section}: %s`, async (_what, example) => {
      await client.query(codeOf(example));
      await client.query('rollback; reset all');
    });
  }

  test.each(rowsOf('What is refused'))('refused: %s', async (_what, example, sqlState) => {
    const asked = client.query(codeOf(example));
    await expect(asked).rejects.toMatchObject({ code: sqlState });
  });
});

test('the known differences are those of the corpus', () => {
  const start = '<!-- known differences -->\n';
  const shown = page.slice(
    page.indexOf(start) + start.length,
    page.indexOf('<!-- end of known differences -->'),
  );
  expect(shown).toBe(differencesTable());
});

/** One row for each reason, with its queries. */
function differencesTable(): string {
  const byReason = Map.groupBy(knownDifferences, ({ reason }) => reason);
  const rows = [...byReason].map(([reason, differences]) => {
    const queries = differences.map(
      ({ query }) => `\`${query.replaceAll('|', '\\|').replaceAll('\n', ' ')}\``,
    );
    return `| ${reason} | ${queries.join('<br>')} |\n`;
  });
  return `\n| what differs | queries |\n| --- | --- |\n${rows.join('')}\n`;
}

/** Runs the statements; comments after one are the rows that it gives. */
async function runSql(text: string): Promise<void> {
  for (const [, statement = '', comments = ''] of text.matchAll(/([^;]+);\n((?:-- .*\n)*)/g)) {
    const { rows } = await client.query<(string | null)[]>({
      text: statement.trim(),
      rowMode: 'array',
      types: { getTypeParser: () => String },
    });
    if (comments === '') continue;
    const wanted = comments.trimEnd().split('\n');
    expect(rows.map((row) => `-- ${row.map((value) => value ?? '').join('|')}`)).toEqual(wanted);
  }
}

function withUrl(text: string): string {
  const programs = postgresPrograms() ?? '';
  return text
    .replaceAll(shownUrl, connectionUrl(target()))
    .replace(/^pgbench/gm, join(programs, 'pgbench'));
}

async function runFile(ending: string, text: string, command: string): Promise<void> {
  // Beside the tests, so that packages are found.
  const file = join(import.meta.dirname, `.example-${process.pid}.${ending}`);
  writeFileSync(file, withUrl(text));
  try {
    await run(command, [file]);
  } finally {
    rmSync(file);
  }
}

function run(command: string, args: readonly string[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  execFile(command, args, { timeout: 40_000 }, (error, out, err) => {
    if (error === null) resolve();
    else reject(new Error(`${out}${err}`, { cause: error }));
  });
  return promise;
}

/** Cells of the rows of the table below a heading. */
function rowsOf(heading: string): [string, string, string][] {
  const section = page.slice(page.indexOf(`## ${heading}\n`)).split(/^## /m)[1] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => {
    const [what = '', example = '', more = ''] = line.slice(2, -2).split(' | ');
    return [what, example, more.trim()];
  });
}

function codeOf(cell: string): string {
  return cell.trim().replace(/^`|`$/g, '');
}
