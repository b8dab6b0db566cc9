"""psycopg 3: the extended protocol, binary parameters, server-side binding, pipelines."""

import datetime
import decimal
import ipaddress
import threading
import uuid

import psycopg
from psycopg import errors
from psycopg.types.json import Jsonb
from support import CA, DATABASE, ENDLESS, HOST, PASSWORD, PORT, SAMPLES, USER, check, finish, step


def connect(**more):
    options = dict(host=HOST, port=PORT, user=USER, password=PASSWORD, dbname=DATABASE, sslmode="disable")
    return psycopg.connect(**{**options, **more})


db = connect(autocommit=True)
db.execute("create table py3 (id int primary key, t text, n numeric, at timestamptz, doc jsonb, ns int[], b bytea, u uuid, d date, f float8, ok bool)")


@step("tls")
def tls():
    with connect(sslmode="verify-full", sslrootcert=CA) as secure:
        check("tls: verified", secure.execute("select 1").fetchone(), (1,))


@step("samples")
def samples():
    for sample in SAMPLES:
        row = db.execute(f"select (%s::text::{sample['type']})::text", (sample["input"],)).fetchone()
        output = sample["output"].rstrip() if sample["type"].startswith("char") else sample["output"]
        check(f"type {sample['type']}", row[0], "true" if output == "t" else output)


@step("values")
def values():
    at = datetime.datetime(2024, 2, 29, 12, 0, 0, 250000, tzinfo=datetime.timezone.utc)
    row = (1, "é", decimal.Decimal("1.50"), at, Jsonb({"a": 1}), [1, None], b"\x00\xff", uuid.UUID(int=7), datetime.date(2024, 2, 29), 0.1, True)
    wanted = (1, "é", decimal.Decimal("1.50"), at, {"a": 1}, [1, None], b"\x00\xff", uuid.UUID(int=7), datetime.date(2024, 2, 29), 0.1, True)
    places = ", ".join(["%b"] * len(row))
    db.execute(f"insert into py3 values ({places})", row)
    for binary in (False, True):
        given = db.execute("select * from py3 where id = %s", (1,), binary=binary).fetchone()
        check(f"values: binary {binary}", given, wanted)
    typed = db.execute(
        "select 1::int2, 2::int8, 1.5::float4, interval '1 day 2 hours', time '12:00:01.5', timestamp '2024-01-01 00:00', 'x'::varchar, array['a', null], 12345.678::numeric",
        binary=True,
    ).fetchone()
    check(
        "values: binary types",
        typed,
        (1, 2, 1.5, datetime.timedelta(days=1, hours=2), datetime.time(12, 0, 1, 500000), datetime.datetime(2024, 1, 1), "x", ["a", None], decimal.Decimal("12345.678")),
    )


@step("prepared")
def prepared():
    for n in range(10):
        check("prepared", db.execute("select %s::int * 2", (n,), prepare=True).fetchone(), (n * 2,))
    cur = db.cursor()
    cur.executemany("insert into py3 (id, t) values (%s, %s) returning id", [(n, "x") for n in range(100, 110)], returning=True)
    ids = []
    while True:
        ids.append(cur.fetchone()[0])
        if not cur.nextset():
            break
    check("executemany", ids, list(range(100, 110)))


@step("pipeline")
def pipeline():
    with db.pipeline():
        cursors = [db.execute("select %s::int", (n,)) for n in range(20)]
    check("pipeline", [c.fetchone()[0] for c in cursors], list(range(20)))
    try:
        with db.pipeline():
            db.execute("insert into py3 (id) values (200)")
            db.execute("insert into py3 (id) values (200)")
    except errors.UniqueViolation as error:
        check("pipeline error", error.sqlstate, "23505")
    check("alive", db.execute("select 1").fetchone(), (1,))


@step("transactions")
def transactions():
    with db.transaction():
        db.execute("insert into py3 (id) values (300)")
        try:
            with db.transaction():
                db.execute("insert into py3 (id) values (301)")
                raise ValueError
        except ValueError:
            pass
    check("nested", db.execute("select id from py3 where id in (300, 301)").fetchall(), [(300,)])


@step("errors")
def failures():
    for sql, code in [("selec 1", "42601"), ("select * from nowhere", "42P01"), ("select 1/%s::int", "22012")]:
        try:
            db.execute(sql, (0,) if "%s" in sql else None)
            check(f"error {code}", "no error", code)
        except psycopg.Error as error:
            check(f"error {code}", error.sqlstate, code)


@step("cancel")
def cancel():
    threading.Timer(0.3, db.cancel).start()
    try:
        db.execute(ENDLESS)
    except errors.QueryCanceled as error:
        check("cancelled", error.sqlstate, "57014")


@step("cursors")
def cursors():
    with connect() as one, one.cursor("named") as named:
        named.execute("select n from generate_series(1, 25) g(n)")
        check("fetchmany", [len(named.fetchmany(10)) for _ in range(3)], [10, 10, 5])
    with connect() as one:
        rows = one.cursor().stream("select n from generate_series(1, 1000) g(n)")
        check("stream", sum(n for (n,) in rows), 500500)


@step("copy")
def copy():
    db.execute("create table py3_copy (id int primary key, t text, f float8)")
    with db.cursor().copy("copy py3_copy from stdin") as c:
        c.write_row((1, "a\tb", 0.5))
        c.write_row((2, None, None))
    with db.cursor().copy("copy py3_copy from stdin (format binary)") as c:
        c.set_types(["int4", "text", "float8"])
        c.write_row((3, "binary", 1.25))
    with db.cursor().copy("copy (select * from py3_copy order by id) to stdout") as c:
        check("rows", [row for row in c.rows()], [("1", "a\tb", "0.5"), ("2", None, None), ("3", "binary", "1.25")])
    with db.cursor().copy("copy (select * from py3_copy order by id) to stdout (format binary)") as c:
        c.set_types(["int4", "text", "float8"])
        check("binary rows", [row for row in c.rows()], [(1, "a\tb", 0.5), (2, None, None), (3, "binary", 1.25)])


@step("describe")
def describe():
    cur = db.execute("select id, t, n, at, doc, ns from py3 limit 0")
    names = [(column.name, column.type_code) for column in cur.description]
    check("description", names, [("id", 23), ("t", 25), ("n", 1700), ("at", 1184), ("doc", 3802), ("ns", 1007)])
    check("status", (db.info.server_version >= 150000, db.info.parameter_status("server_encoding")), (True, "UTF8"))


@step("inet")
def inet():
    check("inet", db.execute("select %s::inet", ("10.0.0.1",)).fetchone(), (ipaddress.ip_address("10.0.0.1"),))


@step("pool")
def pool():
    connections = [connect() for _ in range(50)]
    pids = {each.execute("select pg_backend_pid()").fetchone()[0] for each in connections}
    check("pool of 50", len(pids), 50)
    for each in connections:
        each.close()


finish()
