"""asyncpg: binary everything, prepared statements, and an introspection of types by a recursive query."""

import asyncio
import datetime
import decimal
import ssl
import uuid

import asyncpg
from support import CA, DATABASE, ENDLESS, HOST, PASSWORD, PORT, SAMPLES, USER, check, finish, told


async def connect(**more):
    options = dict(host=HOST, port=PORT, user=USER, password=PASSWORD, database=DATABASE, ssl=False)
    return await asyncpg.connect(**{**options, **more})


async def step(name, function):
    try:
        await asyncio.wait_for(function(), 20)
        told.setdefault(name, "ok")
    except Exception as error:  # every failure is a result
        told[name] = f"{type(error).__name__}: {error}"


async def code_of(awaitable):
    try:
        await awaitable
        return "no error"
    except asyncpg.PostgresError as error:
        return error.sqlstate


async def main():
    db = await connect()
    await db.execute("create table ay (id int primary key, t text, n numeric, at timestamptz, doc jsonb, ns int[], b bytea, u uuid, d date, f float8, ok bool, i interval, tm time, ts timestamp, s smallint, r real, big bigint, v varchar(9), texts text[])")

    async def tls():
        context = ssl.create_default_context(cafile=CA)
        secure = await connect(ssl=context)
        check("tls: verified", await secure.fetchval("select 1"), 1)
        await secure.close()

    async def refused():
        check("refused", await code_of(connect(password="wrong")), "28P01")

    async def samples():
        for sample in SAMPLES:
            value = await db.fetchval(f"select ($1::text::{sample['type']})::text", sample["input"])
            output = sample["output"].rstrip() if sample["type"].startswith("char") else sample["output"]
            check(f"type {sample['type']}", value, "true" if output == "t" else output)

    async def values():
        utc = datetime.timezone.utc
        row = (
            1, "é", decimal.Decimal("-1234567.0890"), datetime.datetime(2024, 2, 29, 12, 0, 0, 250000, utc), '{"a": 1}',
            [1, None], b"\x00\xff", uuid.UUID(int=7), datetime.date(1999, 12, 31), 0.1, True,
            datetime.timedelta(days=1, seconds=7200), datetime.time(12, 0, 1), datetime.datetime(2024, 1, 1, 0, 0, 1),
            -5, 1.5, 2**62, "short", ["a", None, "b c"],
        )
        places = ", ".join(f"${n + 1}" for n in range(len(row)))
        await db.execute(f"insert into ay values ({places})", *row)
        check("values", tuple(await db.fetchrow("select * from ay where id = $1", 1)), row)

    async def prepared():
        statement = await db.prepare("select $1::int + $2::int as n, t from ay where id = $1")
        check("parameters", [t.name for t in statement.get_parameters()], ["int4", "int4"])
        check("attributes", [(a.name, a.type.name) for a in statement.get_attributes()], [("n", "int4"), ("t", "text")])
        check("fetchval", await statement.fetchval(1, 2), 3)
        await db.executemany("insert into ay (id, t) values ($1, $2)", [(n, "x") for n in range(100, 200)])
        check("executemany", await db.fetchval("select count(*) from ay where id >= 100"), 100)
        check("status", await db.execute("update ay set t = 'y' where id between 100 and 109"), "UPDATE 10")
        check("any", len(await db.fetch("select id from ay where id = any($1::int[])", [1, 100, 999])), 2)

    async def transactions():
        async with db.transaction():
            await db.execute("insert into ay (id) values (2)")
            try:
                async with db.transaction():
                    await db.execute("insert into ay (id) values (3)")
                    raise ValueError
            except ValueError:
                pass
        check("nested", [row["id"] for row in await db.fetch("select id from ay where id in (2, 3)")], [2])
        async with db.transaction(readonly=True):
            check("read only", await code_of(db.execute("insert into ay (id) values (4)")), "25006")

    async def errors():
        for sql, code in [("selec 1", "42601"), ("select * from nowhere", "42P01"), ("select 1/0", "22012"), ("insert into ay (id) values (1)", "23505")]:
            check(f"error {code}", await code_of(db.fetch(sql)), code)

    async def cancel():
        try:
            await db.fetch(ENDLESS, timeout=0.3)
        except asyncio.TimeoutError:
            pass
        check("alive", await db.fetchval("select 1"), 1)

    async def cursors():
        async with db.transaction():
            ns = [row["n"] async for row in db.cursor("select n from generate_series(1, 120) g(n)")]
            check("cursor", ns, list(range(1, 121)))
            cursor = await db.cursor("select n from generate_series(1, 10) g(n)")
            await cursor.forward(3)
            check("forward", [row["n"] for row in await cursor.fetch(2)], [4, 5])

    async def copy():
        await db.execute("create table ay_copy (id int primary key, t text)")
        check("records", await db.copy_records_to_table("ay_copy", records=[(n, f"r{n}") for n in range(100)]), "COPY 100")
        chunks = []

        async def take(data):
            chunks.append(data)

        await db.copy_from_query("select * from ay_copy where id < $1 order by id", 2, output=take, format="csv")
        check("copied out", b"".join(chunks), b"0,r0\n1,r1\n")

    async def listen():
        heard = asyncio.get_running_loop().create_future()
        await db.add_listener("ay", lambda *arguments: heard.done() or heard.set_result(arguments[2:]))
        other = await connect()
        await other.execute("notify ay, 'hello'")
        check("heard", await asyncio.wait_for(heard, 5), ("ay", "hello"))
        await other.close()

    async def pool():
        async with asyncpg.create_pool(host=HOST, port=PORT, user=USER, password=PASSWORD, database=DATABASE, ssl=False, min_size=50, max_size=50) as lent:
            ns = await asyncio.gather(*(lent.fetchval("select $1::int", n) for n in range(300)))
            check("pool of 50", ns, list(range(300)))

    for each in (tls, refused, samples, values, prepared, transactions, errors, cancel, cursors, copy, listen, pool):
        await step(each.__name__, each)
    await db.close()


asyncio.run(main())
finish()
