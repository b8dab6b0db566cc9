-- The tables that the queries of the corpus are asked of; the same in PostgreSQL and here.
create table dept (id int primary key, name text, city text);
create table emp (id int primary key, name text, dept_id int, salary numeric(10,2), hired date, boss_id int, active boolean, tags text[], info jsonb);
create table nums (id int primary key, i2 smallint, i4 integer, i8 bigint, f4 real, f8 double precision, n numeric);
create table texts (id int primary key, s text, v varchar(20), c char(6), b bytea);
create table times (id int primary key, d date, t time, ts timestamp, tz timestamptz, iv interval);
create table docs (id int primary key, j json, b jsonb);
create table arrs (id int primary key, ints int[], strs text[]);
create table stock (id int primary key, item text, qty int default 0 check (qty >= 0), price numeric(8,2) default 1.50, note text);
create view busy as select d.name as dept, count(*) as people, sum(e.salary) as pay from dept d join emp e on e.dept_id = d.id group by d.name;
insert into dept values (1, 'Sales', 'Rome'), (2, 'Research', 'Oslo'), (3, 'Support', 'Rome'), (4, 'Empty', null);
insert into emp values
  (1, 'Ada', 2, 5200.50, '2015-03-01', null, true, '{math,code}', '{"level": 5, "langs": ["en", "fr"], "home": {"city": "London"}}'),
  (2, 'Bob', 1, 3100.00, '2018-07-15', 1, true, '{sales}', '{"level": 2, "langs": ["en"]}'),
  (3, 'Cleo', 1, 3100.00, '2019-01-20', 2, false, '{}', '{"level": 1}'),
  (4, 'Dan', 2, 4100.25, '2016-11-30', 1, true, '{code,ops}', null),
  (5, 'Eve', 3, 2800.75, '2020-02-29', 1, null, null, '{"level": null, "home": {}}'),
  (6, 'Fay', null, null, '2021-12-31', 5, true, '{ops}', '[]'),
  (7, 'gus', 3, 2800.75, null, 5, false, '{ops,night}', '{"level": 3, "langs": []}');
insert into nums values
  (1, 1, 1, 1, 1.5, 1.5, 1.50), (2, -7, -7, -7, -0.25, -0.25, -0.250),
  (3, 32767, 2147483647, 9223372036854775807, 3.4e38, 1.7e308, 12345678901234567890.123456789),
  (4, 0, 0, 0, 0, 0, 0), (5, null, null, null, null, null, null), (6, 10, 3, 1000000007, 0.1, 0.1, 0.1);
insert into texts values
  (1, 'hello world', 'hello', 'abc', '\x00ff'), (2, 'Grüße aus Köln', 'Köln', 'xyz', '\xdeadbeef'), (3, '', '', '', ''),
  (4, null, null, null, null), (5, '100% sure_thing', 'a\b', 'a', '\x616263'), (6, '  padded  ', 'PAD', 'PAD', '\x20');
insert into times values
  (1, '2024-02-29', '12:34:56', '2024-02-29 12:34:56', '2024-02-29 12:34:56+00', '1 day'),
  (2, '1999-12-31', '23:59:59.999', '1999-12-31 23:59:59.999', '1999-12-31 23:59:59.999+02', '-3 hours'),
  (3, '2000-01-01', '00:00:00', '2000-01-01 00:00:00', '2000-01-01 00:00:00-05:30', '1 year 2 mons 3 days 04:05:06'),
  (4, null, null, null, null, null), (5, '2023-07-04', '08:15:00', '2023-07-04 08:15:00.5', '2023-07-04 08:15:00.5+00', '00:00:00.25');
insert into docs values
  (1, '{"a": 1, "b": [1, 2, 3], "c": {"d": "x"}}', '{"a": 1, "b": [1, 2, 3], "c": {"d": "x"}}'), (2, '[1, "two", null, true]', '[1, "two", null, true]'),
  (3, '"text"', '"text"'), (4, 'null', 'null'), (5, null, null), (6, '{"a": "1", "z": 1.50}', '{"a": "1", "z": 1.50}');
insert into arrs values (1, '{1,2,3}', '{a,b}'), (2, '{}', '{}'), (3, null, null), (4, '{5,NULL,7}', '{"x y",NULL,"q\"r"}'), (5, '{3,1,2}', '{b,a}');
insert into stock (id, item, qty, price) values (1, 'bolt', 100, 0.25), (2, 'nut', 50, 0.10), (3, 'gear', 7, 12.99), (4, 'axle', 0, 20.00);
