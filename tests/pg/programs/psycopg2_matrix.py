"""psycopg2: libpq, the simple protocol, and parameters that the client writes into the text."""

import datetime
import decimal
import io
import threading
import uuid

import psycopg2
import psycopg2.errors
import psycopg2.extras
import psycopg2.pool
from support import CA, DATABASE, ENDLESS, HOST, PASSWORD, PORT, SAMPLES, USER, check, finish, step

psycopg2.extras.register_uuid()


def connect(**more):
    options = dict(host=HOST, port=PORT, user=USER, password=PASSWORD, dbname=DATABASE, sslmode="disable")
    return psycopg2.connect(**{**options, **more})


db = connect()
db.autocommit = True
cur = db.cursor()
cur.execute("create table py (id int primary key, t text, n numeric, at timestamptz, doc jsonb, ns int[])")


@step("tls")
def tls():
    with connect(sslmode="verify-full", sslrootcert=CA) as secure:
        with secure.cursor() as c:
            c.execute("select 1")
            check("tls: verified", [c.fetchone(), secure.info.ssl_in_use], [(1,), True])


@step("log-in refused")
def refused():
    try:
        connect(password="wrong")
    except psycopg2.OperationalError as error:
        check("log-in: told", "password authentication failed" in str(error), True)


@step("samples")
def samples():
    for sample in SAMPLES:
        cur.execute(f"select (%s::{sample['type']})::text", (sample["input"],))
        output = sample["output"].rstrip() if sample["type"].startswith("char") else sample["output"]
        check(f"type {sample['type']}", cur.fetchone()[0], "true" if output == "t" else output)


@step("values")
def values():
    at = datetime.datetime(2024, 2, 29, 12, 0, tzinfo=datetime.timezone.utc)
    row = (1, "é'", decimal.Decimal("1.50"), at, psycopg2.extras.Json({"a": 1}), [1, None])
    cur.execute("insert into py values (%s, %s, %s, %s, %s, %s) returning *", row)
    check("values: back", cur.fetchone(), (1, "é'", decimal.Decimal("1.50"), at, {"a": 1}, [1, None]))
    cur.execute("select %s, %s, %s, %s::bytea", (True, datetime.date(2024, 2, 29), uuid.UUID(int=7), b"\x00\xff"))
    flag, day, key, data = cur.fetchone()
    check("values: more", (flag, day, key, bytes(data)), (True, datetime.date(2024, 2, 29), uuid.UUID(int=7), b"\x00\xff"))
    cur.execute("select interval '1 day 2 hours', date '2024-01-01', time '12:00', 1.5::float8")
    check(
        "values: times",
        cur.fetchone(),
        (datetime.timedelta(days=1, hours=2), datetime.date(2024, 1, 1), datetime.time(12), 1.5),
    )


@step("statements")
def statements():
    cur.execute("prepare double(int) as select $1 * 2")
    cur.execute("execute double(21)")
    check("prepared", cur.fetchone(), (42,))
    psycopg2.extras.execute_values(cur, "insert into py (id, t) values %s", [(n, f"v{n}") for n in range(100, 150)])
    cur.execute("select count(*) from py where id >= 100")
    check("execute_values", cur.fetchone(), (50,))
    cur.executemany("update py set t = %s where id = %s", [("x", 100), ("y", 101)])
    check("rowcount", cur.rowcount, 2)


@step("transactions")
def transactions():
    with connect() as one, connect() as two:
        c, d = one.cursor(), two.cursor()
        c.execute("insert into py (id) values (2)")
        d.execute("select count(*) from py where id = 2")
        check("isolation", d.fetchone(), (0,))
        one.rollback()
        c.execute("insert into py (id) values (3)")
        c.execute("savepoint a")
        try:
            c.execute("insert into py (id) values (3)")
        except psycopg2.errors.UniqueViolation as error:
            check("unique", (error.pgcode, error.diag.constraint_name), ("23505", "py_pkey"))
        try:
            c.execute("select 1")
        except psycopg2.errors.InFailedSqlTransaction:
            c.execute("rollback to savepoint a")
        one.commit()
        two.rollback()
        d.execute("select count(*) from py where id = 3")
        check("committed", d.fetchone(), (1,))
    with connect() as session:
        session.set_session(readonly=True, isolation_level="SERIALIZABLE")
        try:
            session.cursor().execute("insert into py (id) values (4)")
        except psycopg2.errors.ReadOnlySqlTransaction as error:
            check("read only", error.pgcode, "25006")
        session.rollback()


@step("errors")
def errors():
    for sql, code in [
        ("selec 1", "42601"),
        ("select * from nowhere", "42P01"),
        ("select 1/0", "22012"),
        ("select 'x'::int", "22P02"),
    ]:
        try:
            cur.execute(sql)
            check(f"error {code}", "no error", code)
        except psycopg2.Error as error:
            check(f"error {code}", error.pgcode, code)


@step("cancel")
def cancel():
    timer = threading.Timer(0.3, db.cancel)
    timer.start()
    try:
        cur.execute(ENDLESS)
    except psycopg2.errors.QueryCanceled as error:
        check("cancelled", error.pgcode, "57014")
    cur.execute("select 1")
    check("alive", cur.fetchone(), (1,))


@step("cursors")
def cursors():
    with connect() as one, one.cursor("named") as named:
        named.itersize = 10
        named.execute("select n from generate_series(1, 25) g(n)")
        check("named cursor", [n for (n,) in named], list(range(1, 26)))
    with connect() as one, one.cursor("moving", scrollable=True) as moving:
        moving.execute("select n from generate_series(1, 10) g(n)")
        moving.scroll(5)
        check("scroll", moving.fetchone(), (6,))
        moving.scroll(-2)
        check("scroll back", moving.fetchone(), (5,))


@step("copy")
def copy():
    cur.execute("create table py_copy (id int primary key, t text)")
    cur.copy_from(io.StringIO("1\ta\n2\t\\N\n"), "py_copy")
    out = io.StringIO()
    cur.copy_expert("copy (select * from py_copy order by id) to stdout with csv header", out)
    check("copied", out.getvalue(), "id,t\n1,a\n2,\n")


@step("pool")
def pool():
    lent = psycopg2.pool.ThreadedConnectionPool(50, 50, host=HOST, port=PORT, user=USER, password=PASSWORD, dbname=DATABASE, sslmode="disable")
    connections = [lent.getconn() for _ in range(50)]
    pids = set()
    for each in connections:
        with each.cursor() as c:
            c.execute("select pg_backend_pid()")
            pids.add(c.fetchone()[0])
    check("pool of 50", len(pids), 50)
    lent.closeall()


@step("notify")
def notify():
    cur.execute("listen py")
    other = connect()
    other.autocommit = True
    other.cursor().execute("notify py, 'hello'")
    import select

    while not db.notifies:
        if select.select([db], [], [], 5) == ([], [], []):
            break
        db.poll()
    check("heard", [(n.channel, n.payload) for n in db.notifies], [("py", "hello")])


finish()
