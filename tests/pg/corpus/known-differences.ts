// Where we answer otherwise than PostgreSQL, one by one, and why. docs/postgres.md shows this list; the
// corpus holds that each of them still differs, so that the list can't grow old.

export interface KnownDifference {
  readonly theme: string;
  readonly query: string;
  readonly reason: string;
}

/** Queries by theme below each reason. */
const byReason: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'NaN is NULL: SQLite does not have it': {
    casts: ["select 'NaN'::float8 as it", "select 'NaN'::real as it"],
  },
  'the last digit of a root': {
    arithmetic: ['select ||/ 27.0 as it', 'select cbrt(27) as it'],
  },
  'functions of newer versions of PostgreSQL, or of SQLite, are there': {
    aggregates: ["select any_value(city) from dept where city = 'Rome'"],
    json: ["select json_valid('{') as it"],
  },
  'functions behind operators have no names here': {
    arithmetic: ['select numeric_add(1, 2) as it'],
  },
  'upper and lower know all letters, as with a locale of ICU': {
    strings: [
      "select upper('grüße') as it",
      "select lower('ÄB') as it",
      'select id, upper(s), length(s) from texts order by id',
    ],
  },
  'concat writes booleans as true and false': {
    'nulls-and-cases': ['select concat(true, false), true::varchar'],
    strings: ["select concat('a', null, 1, true) as it"],
  },
  'names of columns do not depend on upper and lower case, as in SQLite': {
    'column-types': ['select "ID" from dept'],
  },
  'SQLite takes the first row of a subquery that has several': {
    errors: ['select (select id from dept)'],
    'sets-and-subqueries': ['select (select id from dept)'],
  },
  'what only SQLite accepts runs with its meaning': {
    'nulls-and-cases': ['select 1 < 2 = true'],
    'sets-and-subqueries': ['select * from (select 1)'],
  },
  'sorting by what DISTINCT dropped is allowed': {
    errors: ['select distinct id from emp order by name'],
    'order-and-limit': [
      'select distinct on (dept_id) name from emp order by name',
      'select distinct name from emp order by salary',
    ],
  },
  'a row as a value is text, and json_agg writes rows on one line': {
    'column-types': ["select array[1, 2], array['x'], array[1.5], row(1, 2)"],
    joins: ['select d from dept d order by id limit 1', "select row(1, 'a', null)"],
    json: ['select json_agg(d order by id) from dept d where id < 3'],
  },
  'not there': {
    casts: ['select 65::bit(8) as it', 'select 1::"char" as it'],
    joins: ['select id from dept tablesample bernoulli (100) order by id'],
    'order-and-limit': [
      'select name, salary from emp order by salary desc nulls last fetch first 2 rows with ties',
    ],
    windows: [
      'select dept_id, sum(sum(salary)) over (order by dept_id) from emp group by dept_id order by dept_id',
    ],
    dml: [
      'with gone as (delete from stock where id = 203 returning id, item) select * from gone',
      "with ins as (insert into stock (id, item) values (500, 'w') returning id) select id + 1 as next from ins",
      "merge into stock s using (values (500, 'm'), (501, 'n')) as v(id, item) on s.id = v.id when matched then update set item = v.item when not matched then insert (id, item) values (v.id, v.item)",
      'update stock set item = d.name from dept d where stock.id = d.id + 100 and d.id = 1 returning stock.id, stock.item, d.city',
      'create table made as select id, name from dept where false',
      'alter table copy_of_dept rename column name to title',
    ],
  },
  'the rows of what is not there, and the column that was not renamed': {
    dml: [
      'select id, item, qty, price, note from stock order by id',
      'select count(*) from stock',
      'create index copy_title on copy_of_dept (name)',
      'drop index copy_title',
    ],
  },
  'RETURNING gives rows in the order of the table': {
    dml: [
      "delete from stock s using dept d where s.id = d.id + 100 and d.city = 'Rome' returning s.id",
    ],
  },
  'a default of type numeric is shown with its type': {
    catalogs: [
      "select column_name, data_type, character_maximum_length, column_default from information_schema.columns where table_name in ('texts', 'stock') order by table_name, ordinal_position",
      "select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'stock'::regclass order by adnum",
    ],
  },
  'tables belong to the node': {
    catalogs: [
      "select pg_get_userbyid(relowner) = current_user::text from pg_class where relname = 'emp'",
    ],
  },
  'dates are read with the month first, whatever DateStyle says': {
    catalogs: ["select '01/02/2024'::date"],
  },
  'what the server knows of connections is not in tables': {
    catalogs: [
      'select inet_server_port() is not null, pg_client_encoding()',
      'select 1 from pg_stat_activity where pid = pg_backend_pid()',
    ],
  },
  'an error, or none, where PostgreSQL has another': {
    aggregates: ['select 1 from emp having count(*) > 100'],
    casts: ["select 'nowhere'::regclass as it"],
    errors: ['select array[[1], [2, 3]]', "select pg_sleep('x')"],
    json: ['select jsonb \'"x"\'::int as it'],
  },
  'pg_typeof does not look into aggregates': {
    aggregates: [
      'select pg_typeof(sum(i2)), pg_typeof(sum(i8)), pg_typeof(avg(i4)), pg_typeof(sum(f4)), pg_typeof(count(*)) from nums',
    ],
  },
};

export const knownDifferences: readonly KnownDifference[] = Object.entries(byReason).flatMap(
  ([reason, themes]) =>
    Object.entries(themes).flatMap(([theme, queries]) =>
      queries.map((query) => ({ theme, query, reason })),
    ),
);
