// Queries whose rows PostgreSQL 15 gave on the same data: the translation gives the same, run by SQLite.

import { DatabaseSync } from 'node:sqlite';
import { installOnNodeSqlite } from '@patina/engine/functions/install.ts';
import { loadModule } from 'libpg-query';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSchemaView } from '../catalog/schema-reader.ts';
import type { ResultColumn } from './planned.ts';
import { createPlanner } from './planner.ts';
import { typeIds } from './type-catalog.ts';

const ddl = [
  `CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a INT, b TEXT, arr INT_ARRAY, ok BOOLEAN, f DOUBLE PRECISION,
    d DATE, c VARCHAR(10))`,
  'CREATE TABLE u (uid INT NOT NULL PRIMARY KEY, tid INT, name VARCHAR(20))',
];
const rows = [
  "insert into t (id,a,b,f,ok,d,c,arr) values (1,10,'x',1.5,true,'2024-01-01','aa','[1,2]'),(2,20,'y',2.5,false,'2024-02-01',null,'[]'),(3,null,'x',null,null,null,'B',null),(4,10,null,-1,true,'2023-12-31','b','[3,null]'),(5,-7,'Z',0,false,'2024-01-01','aa','[5]')",
  "insert into u (uid,tid,name) values (1,1,'one'),(2,1,'uno'),(3,2,'two'),(4,9,'nine'),(5,null,'none')",
];

const database = new DatabaseSync(':memory:');
const view = readSchemaView(ddl);
const planner = createPlanner({
  schema: () => view,
  vet: (sql) => {
    const columns = database.prepare(sql).columns();
    return {
      tablesRead: [],
      tablesWritten: [],
      readOnly: true,
      columns: columns.map((one) => one.name),
    };
  },
});

beforeAll(async () => {
  await loadModule();
  installOnNodeSqlite(database);
  for (const statement of [...ddl, ...rows]) database.exec(statement);
});

afterAll(() => database.close());

/** As psql -At shows it. */
function shown(value: unknown, column: ResultColumn | undefined): string {
  if (value === null) return 'NULL';
  if (column?.type.oid === typeIds.bool) return value === 1n ? 't' : 'f';
  return String(value);
}

function answer(text: string): string[] {
  const [statement] = planner.parse(text);
  if (statement === undefined) return [];
  const planned = planner.plan(statement, { paramTypes: [], setting: () => undefined });
  if (planned.kind !== 'query') throw new Error(`a ${planned.kind}`);
  const prepared = database.prepare(planned.sql);
  prepared.setReadBigInts(true);
  prepared.setReturnArrays(true);
  return prepared.all().map((row) =>
    Object.values(row)
      .map((value, index) => shown(value, planned.columns[index]))
      .join('|'),
  );
}

const answers: readonly (readonly [string, readonly string[]])[] = [
  [
    'select id, a/2, a%3, -a, a/-2 from t order by id',
    ['1|5|1|-10|-5', '2|10|2|-20|-10', '3|NULL|NULL|NULL|NULL', '4|5|1|-10|-5', '5|-3|-1|7|3'],
  ],
  [
    'select b, count(*), sum(a), min(b), max(f) from t group by b order by b',
    ['Z|1|-7|Z|0', 'x|2|10|x|1.5', 'y|1|20|y|2.5', 'NULL|1|10|NULL|-1'],
  ],
  ['select b, count(*) from t group by b order by b desc', ['NULL|1', 'y|1', 'x|2', 'Z|1']],
  ['select a from t order by a', ['-7', '10', '10', '20', 'NULL']],
  ['select a from t order by a desc', ['NULL', '20', '10', '10', '-7']],
  ['select a from t order by a nulls first, id limit 2 offset 1', ['-7', '10']],
  [
    'select t.id, u.name from t left join u on u.tid=t.id order by 1,2',
    ['1|one', '1|uno', '2|two', '3|NULL', '4|NULL', '5|NULL'],
  ],
  [
    'select t.id, u.name from t right join u on u.tid=t.id order by 1,2',
    ['1|one', '1|uno', '2|two', 'NULL|nine', 'NULL|none'],
  ],
  [
    'select t.id, u.name from t full join u on u.tid=t.id order by 1,2',
    ['1|one', '1|uno', '2|two', '3|NULL', '4|NULL', '5|NULL', 'NULL|nine', 'NULL|none'],
  ],
  [
    'select * from (select id as k, a from t) x full join (select uid as k, name from u where uid>3) y using (k) order by k',
    ['1|10|NULL', '2|20|NULL', '3|NULL|NULL', '4|10|nine', '5|-7|none'],
  ],
  [
    'select t.id, x.name, x.uid from t left join lateral (select name, uid from u where u.tid=t.id order by name desc limit 1) x on true order by 1',
    ['1|uno|2', '2|two|3', '3|NULL|NULL', '4|NULL|NULL', '5|NULL|NULL'],
  ],
  [
    'select t.id, x.n from t cross join lateral (select count(*) as n from u where u.tid=t.id) x order by 1',
    ['1|2', '2|1', '3|0', '4|0', '5|0'],
  ],
  [
    'select distinct on (b) b, id, a from t order by b, a desc nulls last, id',
    ['Z|5|-7', 'x|1|10', 'y|2|20', 'NULL|4|10'],
  ],
  [
    'select b, ok, count(*), grouping(b,ok) from t group by rollup(b,ok) order by 1,2,4',
    [
      'Z|f|1|0',
      'Z|NULL|1|1',
      'x|t|1|0',
      'x|NULL|1|0',
      'x|NULL|2|1',
      'y|f|1|0',
      'y|NULL|1|1',
      'NULL|t|1|0',
      'NULL|NULL|1|1',
      'NULL|NULL|5|3',
    ],
  ],
  [
    'select b, count(*) from t group by grouping sets ((b),()) order by 2 desc, 1',
    ['NULL|5', 'x|2', 'Z|1', 'y|1', 'NULL|1'],
  ],
  [
    'select b, ok, count(*) from t group by cube(b,ok) order by 1 nulls first, 2 nulls first, 3',
    [
      'NULL|NULL|1',
      'NULL|NULL|1',
      'NULL|NULL|5',
      'NULL|f|2',
      'NULL|t|1',
      'NULL|t|2',
      'Z|NULL|1',
      'Z|f|1',
      'x|NULL|1',
      'x|NULL|2',
      'x|t|1',
      'y|NULL|1',
      'y|f|1',
    ],
  ],
  ['select a from t intersect all select a from t where id < 3 order by 1', ['10', '20']],
  ["select b from t except all select 'x' order by 1", ['Z', 'x', 'y', 'NULL']],
  ['select 1 union select 2 intersect select 2 order by 1', ['1', '2']],
  [
    'select id, row_number() over (partition by b order by id), sum(f) over (order by id rows between 1 preceding and current row), rank() over w, lag(id,1,0) over w from t window w as (order by a) order by id',
    ['1|1|1.5|2|5', '2|1|4|4|4', '3|2|2.5|5|2', '4|1|-1|2|1', '5|1|-1|1|0'],
  ],
  [
    "select count(*) filter (where a > 5), string_agg(b, '-' order by b desc), bool_and(ok), bool_or(ok) from t",
    ['3|y-x-x-Z|f|t'],
  ],
  ["select string_agg(b,',') from t where false", ['NULL']],
  [
    'select a in (10,20), a not in (10), a between 0 and 15, a between symmetric 15 and 0, a is distinct from 10, ok is true, ok is not false, ok is unknown from t order by id',
    [
      't|f|t|t|f|t|t|f',
      't|t|f|f|t|f|f|f',
      'NULL|NULL|NULL|NULL|t|f|t|t',
      't|f|t|t|f|t|t|f',
      'f|t|f|f|t|f|f|f',
    ],
  ],
  [
    "select (a,b) = (10,'x'), (a,b) < (10,'z'), (id,a) in (select uid, 10 from u) from t order by id",
    ['t|t|t', 'f|f|f', 'NULL|NULL|NULL', 'NULL|NULL|t', 'f|t|f'],
  ],
  [
    'select greatest(a,15), least(a,15,id), coalesce(a,0), nullif(a,10) from t order by id',
    ['15|1|10|NULL', '20|2|20|20', '15|3|0|NULL', '15|4|10|NULL', '15|-7|-7|-7'],
  ],
  [
    "select case a when 10 then 'ten' when 20 then 'twenty' else 'other' end, case when ok then 1 end from t order by id",
    ['ten|1', 'twenty|NULL', 'other|NULL', 'ten|1', 'other|NULL'],
  ],
  [
    "with recursive r(n,s) as (select 1, 'a' union all select n+1, s||'b' from r where n<4) select * from r",
    ['1|a', '2|ab', '3|abb', '4|abbb'],
  ],
  [
    'with x as (select b, count(*) c from t group by b), y as (select max(c) m from x) select x.b from x, y where x.c = y.m',
    ['x'],
  ],
  ["select * from (values (1,'a'),(2,null),(3,'c')) v(p,q) where q is not null", ['1|a', '3|c']],
  ['select i, i*i from generate_series(1,10,3) i', ['1|1', '4|16', '7|49', '10|100']],
  ['select i from generate_series(5,1,-2) i', ['5', '3', '1']],
  [
    'select exists(select 1 from u where tid=t.id), (select count(*) from u where tid=t.id), t.id in (select tid from u) from t order by id',
    ['t|2|t', 't|1|t', 'f|0|NULL', 'f|0|NULL', 'f|0|NULL'],
  ],
  ['select max(id) from t having max(id) > 100', []],
  ['select b from t group by b having count(*) > 1', ['x']],
  ["select sum(a) from t where b = 'nope'", ['NULL']],
  ['select count(distinct a), count(distinct b), sum(distinct a) from t', ['3|3|23']],
  ['select id from t where not (a = 10) order by id', ['2', '5']],
  ["select id from t where b <> 'x' or b is null order by id", ['2', '4', '5']],
  ['select id from t where (a > 5) is true order by id', ['1', '2', '4']],
  ["select 'a' || 'b' || 1, 1 || 'a'", ['ab1|1a']],
  [
    'select ntile(2) over (order by id), first_value(b) over (order by id), last_value(b) over (order by id), nth_value(b,2) over (order by id) from t order by id',
    ['1|x|x|NULL', '1|x|y|y', '1|x|x|y', '2|x|NULL|y', '2|x|Z|y'],
  ],
  ['select x.id from t x join t y on x.a = y.a and x.id < y.id', ['1']],
  [
    'select id from t t1 where a = (select max(a) from t t2 where t2.b = t1.b) order by id',
    ['1', '2', '5'],
  ],
  ['select a, b from t order by b collate "C", a', ['-7|Z', '10|x', 'NULL|x', '20|y', '10|NULL']],
  ["select length('héllo'), position('l' in 'hello'), trim('  x '), ltrim('xxa','x')", ['5|3|x|a']],
  ["select t.id from t, u where t.id = u.tid and u.name in ('one','two') order by 1", ['1', '2']],
  ['select id as x, a as id from t order by id', ['5|-7', '1|10', '4|10', '2|20', '3|NULL']],
  ['select a + 1 as a from t order by a', ['-6', '11', '11', '21', 'NULL']],
  ['select a from t group by a order by count(*) desc, a limit 1', ['10']],
  [
    'select uid, tid, u.name from u join t on t.id = u.tid order by uid',
    ['1|1|one', '2|1|uno', '3|2|two'],
  ],
  ['select 1 where null', []],
  ['select null = null, null is null, not null::bool', ['NULL|t|NULL']],
  [
    "select d, d > '2024-01-01', d = date '2024-01-01' from t where d is not null order by d, id",
    ['2023-12-31|f|f', '2024-01-01|f|t', '2024-01-01|f|t', '2024-02-01|t|f'],
  ],
  [
    'select b, array_agg(id order by id) is not null from t group by b order by b',
    ['Z|t', 'x|t', 'y|t', 'NULL|t'],
  ],
  [
    'select sum(x) over (order by x range between 5 preceding and current row) from (values (1),(3),(10)) v(x)',
    ['1', '4', '10'],
  ],
  ["select coalesce(max(a) filter (where b='nope'), -1) from t", ['-1']],
  ['select id from t order by ok, id', ['2', '5', '1', '4', '3']],
  [
    'select id, cume_dist() over (order by id), percent_rank() over (order by id) from t order by id',
    ['1|0.2|0', '2|0.4|0.25', '3|0.6|0.5', '4|0.8|0.75', '5|1|1'],
  ],
];

it.each(answers)('%s', (text, expected) => {
  expect(answer(text)).toEqual(expected);
});
