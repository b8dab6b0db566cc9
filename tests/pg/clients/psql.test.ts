// psql: its meta-commands with golden output, its scripts and formats, and where it points at in errors. The
// golden file holds what psql prints for a real PostgreSQL (written by PATINA_PG_TARGET=postgres with
// PATINA_GOLDEN=write).

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { clientEnvironment } from '../support/programs.ts';
import { targetKind, useTarget } from '../support/target.ts';

const target = useTarget();
const goldenFile = join(import.meta.dirname, '..', 'golden', 'psql.txt');
const hasPsql = existsSync('/usr/bin/psql');
const writesGolden = process.env['PATINA_GOLDEN'] === 'write' && targetKind === 'postgres';

/** Runs psql without the user's own settings; its output, and its errors after it. */
function psql(args: readonly string[], input = ''): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const env = {
    PATH: process.env['PATH'],
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    ...clientEnvironment(target()),
  };
  const child = execFile(
    '/usr/bin/psql',
    ['-X', ...args],
    { env, timeout: 30_000 },
    (_error, out, err) => resolve(out + err),
  );
  // psql that ends before it has read everything says why by its output.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return promise;
}

/** The commands of psql whose output is compared, each run by itself. */
const metaCommands = [
  '\\d',
  '\\dt',
  '\\dv',
  '\\di',
  '\\ds',
  '\\dm',
  '\\d planes',
  '\\d+ planes',
  '\\d plane_names',
  '\\d+ plane_names',
  '\\d planes_pkey',
  '\\d planes_by_name',
  '\\dt planes',
  '\\dt *.planes',
  '\\dt pl*',
  '\\d nothing',
  '\\dn',
  '\\dT planes',
  '\\df nothing',
  '\\dx',
  '\\dp planes',
  '\\z planes',
  '\\ddp',
  '\\dD',
  '\\dE',
  '\\dC nothing',
  '\\dF nothing',
  '\\dy',
  '\\dRp',
  '\\dRs',
  '\\dL nothing',
  '\\dO nothing',
  '\\des',
  '\\dew',
  '\\det',
  '\\deu',
  '\\dc nothing',
  '\\do nothing',
  '\\da nothing',
  '\\db nothing',
  '\\dA nothing',
  '\\dX',
  '\\dP',
  '\\drds',
  '\\dconfig server_encoding',
  '\\sv plane_names',
  '\\encoding',
  '\\l nothing',
  '\\dd nothing',
  '\\dg nobody',
  '\\dAc nothing',
  '\\dAf nothing',
  '\\dAo nothing',
  '\\dAp nothing',
  '\\dFd nothing',
  '\\dFp nothing',
  '\\dFt nothing',
  '\\lo_list',
];

beforeAll(async () => {
  if (!hasPsql) return;
  const told = await psql(
    ['-q', '-v', 'ON_ERROR_STOP=1', '-f', '-'],
    `create table planes (id integer primary key, name varchar(40), seats int default 4 check (seats > 0),
       weight numeric(8,2), built date, flies boolean default true, tags text[], info jsonb, seen timestamptz);
     create index planes_by_name on planes (name);
     create table hangars (id int primary key, place text);
     create view plane_names as select id, name from planes;
     insert into planes (id, name, weight, built, tags, seen) values
       (1, 'Kestrel', 1200.5, '1999-12-31', '{red,"light blue"}', '2024-02-29 12:00+00'), (2, 'Swift', null, null, null, null);`,
  );
  expect(told).toBe('');
});

describe.skipIf(!hasPsql)('meta-commands', () => {
  const golden = existsSync(goldenFile)
    ? sectionsOf(readFileSync(goldenFile, 'utf8'))
    : new Map<string, string>();

  test.each(metaCommands)('%s', async (command) => {
    const told = await psql(['-c', command]);
    if (writesGolden) golden.set(command, told.trimEnd());
    expect(shape(command, told)).toBe(shape(command, golden.get(command) ?? ''));
    if (writesGolden) writeFileSync(goldenFile, textOf(golden));
  });

  test('\\l, \\du and \\conninfo name the database and the user', async () => {
    expect(await psql(['-c', '\\l'])).toContain(target().database);
    expect(await psql(['-c', '\\du'])).toContain('tester');
    expect(await psql(['-c', '\\conninfo'])).toContain(`as user "tester" on host "127.0.0.1"`);
  });

  test('lists of what every server has', async () => {
    expect(await psql(['-c', '\\dT+ int4'])).not.toContain('ERROR');
    for (const command of [
      '\\df',
      '\\dS',
      '\\dTS',
      '\\doS',
      '\\daS',
      '\\dnS',
      '\\db',
      '\\dA',
      '\\dO',
      '\\dC',
      '\\dL',
      '\\l+',
      '\\dn+',
      '\\dt+',
      '\\di+',
      '\\dv+',
      '\\du+',
    ]) {
      expect(await psql(['-c', command]), command).not.toContain('ERROR');
    }
  });
});

describe.skipIf(!hasPsql)('formats and scripts', () => {
  test('aligned, unaligned, CSV, HTML, expanded', async () => {
    const query = 'select id, name, weight, flies, tags from planes order by id';
    expect(await psql(['-c', query])).toBe(
      ' id |  name   | weight  | flies |        tags        \n' +
        '----+---------+---------+-------+--------------------\n' +
        '  1 | Kestrel | 1200.50 | t     | {red,"light blue"}\n' +
        '  2 | Swift   |         | t     | \n(2 rows)\n\n',
    );
    expect(await psql(['--csv', '-c', query])).toBe(
      'id,name,weight,flies,tags\n1,Kestrel,1200.50,t,"{red,""light blue""}"\n2,Swift,,t,\n',
    );
    expect(await psql(['-At', '-F', ';', '-c', query])).toBe(
      '1;Kestrel;1200.50;t;{red,"light blue"}\n2;Swift;;t;\n',
    );
    expect(await psql(['-x', '-t', '-c', 'select 1 as a, null as b'])).toBe('a | 1\nb | \n\n');
    expect(await psql(['-H', '-c', 'select 1 as a'])).toContain('<td align="right">1</td>');
  });

  test('variables, \\gset, \\gexec, \\if, \\crosstabview, \\gdesc', async () => {
    const told = await psql(
      ['-At', '-v', 'lowest=1', '-f', '-'],
      `\\set who Swift
select id from planes where name = :'who';
select count(*) as n, max(id) as top from planes where id >= :lowest \\gset
\\echo :n :top
select 'select ' || id from planes order by id \\gexec
\\if :{?who}
\\echo yes
\\else
\\echo no
\\endif
select id, weight, tags from planes \\gdesc
\\echo :ROW_COUNT :SQLSTATE
select 1/0;
\\echo :ERROR :SQLSTATE
\\unset who
select v, h, n from (values ('a', 'x', 1), ('b', 'y', 2)) as t(v, h, n) order by 1, 2
\\crosstabview
\\prompt_is_no_command
\\d hangars
`,
    );
    expect(told).toContain('2\n2 2\n1\n2\nyes\nid|integer\nweight|numeric(8,2)\ntags|text[]\n');
    expect(told).toContain('true 22012');
    expect(told).toContain('a|1|\nb||2\n');
    expect(told).toContain('id|integer||not null|\nplace|text|||\n');
  });

  test('several -c, a transaction by -1, and stopping at an error', async () => {
    expect(await psql(['-At', '-c', 'select 1; select 2', '-c', 'select 3'])).toBe('1\n2\n3\n');
    const script =
      'insert into hangars values (50, null);\ninsert into hangars values (50, null);\n';
    expect(await psql(['-q1', '-v', 'ON_ERROR_STOP=1', '-f', '-'], script)).toContain(
      'hangars_pkey',
    );
    expect(await psql(['-At', '-c', 'select count(*) from hangars where id = 50'])).toBe('0\n');
  });

  test('\\copy from and to', async () => {
    const told = await psql(
      ['-f', '-'],
      `\\copy hangars from stdin with (format csv)
10,"North, old"
11,
\\.
\\copy (select id, place from hangars where id >= 10 order by id) to stdout csv header
copy hangars to stdout;
delete from hangars;
`,
    );
    expect(told).toBe(
      'COPY 2\nid,place\n10,"North, old"\n11,\n10\tNorth, old\n11\t\\N\nDELETE 2\n',
    );
  });

  test('errors point at their place', async () => {
    const caret = async (sql: string): Promise<string> => psql(['-c', sql]);
    expect(await caret('select id from planes where nothing = 1')).toBe(
      'ERROR:  column "nothing" does not exist\n' +
        'LINE 1: select id from planes where nothing = 1\n' +
        '                                    ^\n',
    );
    expect(await caret('select * from nowhere')).toBe(
      'ERROR:  relation "nowhere" does not exist\nLINE 1: select * from nowhere\n                      ^\n',
    );
    expect(await caret('selec 1')).toBe(
      'ERROR:  syntax error at or near "selec"\nLINE 1: selec 1\n        ^\n',
    );
    expect(await caret("select nofunction('a', 1)")).toBe(
      'ERROR:  function nofunction(unknown, integer) does not exist\n' +
        "LINE 1: select nofunction('a', 1)\n               ^\n" +
        'HINT:  No function matches the given name and argument types. You might need to add explicit type casts.\n',
    );
    // PostgreSQL adds a DETAIL with the key, which we do not know.
    expect(await caret('insert into planes (id) values (1)')).toContain(
      'ERROR:  duplicate key value violates unique constraint "planes_pkey"\n',
    );
    expect(await caret("select 'x'::int")).toBe(
      'ERROR:  invalid input syntax for type integer: "x"\nLINE 1: select \'x\'::int\n               ^\n',
    );
  });

  test('\\timing, \\pset and \\errverbose', async () => {
    const told = await psql(
      ['-At', '-f', '-'],
      '\\timing on\nselect 1;\n\\timing off\n\\pset null nil\nselect null;\n',
    );
    expect(told).toMatch(/Timing is on\.\n1\nTime: .* ms\nTiming is off\.\n.*nil\n/s);
    expect(await psql(['-c', 'select 1/0', '-c', '\\errverbose'])).toContain('22012');
  });
});

/**
 * Without what differs by intent: the owner of everything, Patina's own views, and the widths and counts that
 * follow from them.
 */
/** PostgreSQL lays the text of a view out in lines of its own; the words count. */
function shape(command: string, text: string): string {
  const plain = normalised(text);
  return command.endsWith('plane_names') ? plain.replaceAll(/\s+/g, ' ') : plain;
}

function normalised(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^ public +\| patina_/.test(line))
    .map((line) =>
      line
        .replace(/\b(tester|patina|pg_database_owner)\b/g, 'owner')
        .replace(/^\(\d+ rows?\)$/, '')
        .replace(/-{2,}/g, '--')
        .replace(/ +/g, ' ')
        .trim(),
    )
    .join('\n')
    .trim();
}

/** The golden file: each command after `=== `, its output below. */
function sectionsOf(text: string): Map<string, string> {
  return new Map(
    text
      .split(/^=== /m)
      .slice(1)
      .map((section): [string, string] => {
        const end = section.indexOf('\n');
        return [section.slice(0, end), section.slice(end + 1).trimEnd()];
      }),
  );
}

function textOf(sections: ReadonlyMap<string, string>): string {
  return [...sections].map(([command, output]) => `=== ${command}\n${output}\n`).join('\n');
}
