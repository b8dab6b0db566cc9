"""SQLAlchemy over psycopg2: engine, ORM, and the inspector that reads the catalogs."""

import datetime
import decimal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pgd
from sqlalchemy.orm import Session, declarative_base, relationship, selectinload
from support import CA, DATABASE, HOST, PASSWORD, PORT, USER, check, finish, step

url = sa.engine.URL.create("postgresql+psycopg2", USER, PASSWORD, HOST, PORT, DATABASE, query={"sslmode": "disable"})
engine = sa.create_engine(url, future=True)
Base = declarative_base()


class Band(Base):
    __tablename__ = "bands"
    id = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    name = sa.Column(sa.String(40))
    formed = sa.Column(sa.Date)
    rating = sa.Column(sa.Numeric(6, 2))
    info = sa.Column(pgd.JSONB)
    tags = sa.Column(pgd.ARRAY(sa.Text))
    active = sa.Column(sa.Boolean, server_default=sa.true())
    albums = relationship("Album", back_populates="band", primaryjoin="Band.id == foreign(Album.band_id)")


class Album(Base):
    __tablename__ = "albums"
    id = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    band_id = sa.Column(sa.Integer, index=True)
    title = sa.Column(sa.Text)
    band = relationship("Band", back_populates="albums", primaryjoin="Band.id == foreign(Album.band_id)")


@step("create")
def create():
    Base.metadata.create_all(engine)
    Base.metadata.create_all(engine)


@step("tls")
def tls():
    secure = sa.create_engine(url.set(query={"sslmode": "verify-full", "sslrootcert": CA}), future=True)
    with secure.connect() as connection:
        check("tls: verified", connection.scalar(sa.text("select 1")), 1)


@step("orm")
def orm():
    with Session(engine) as session:
        band = Band(id=1, name="Q", formed=datetime.date(1970, 6, 27), rating=decimal.Decimal("9.50"), info={"a": [1]}, tags=["rock", "x y"])
        band.albums = [Album(id=1, title="One"), Album(id=2, title="Two")]
        session.add(band)
        session.commit()
    with Session(engine) as session:
        band = session.scalars(sa.select(Band).options(selectinload(Band.albums)).where(Band.name.ilike("q%"))).one()
        check("orm: read", (band.formed, band.rating, band.info, band.tags, band.active), (datetime.date(1970, 6, 27), decimal.Decimal("9.50"), {"a": [1]}, ["rock", "x y"], True))
        check("orm: related", sorted(a.title for a in band.albums), ["One", "Two"])
        band.rating += 1
        session.delete(band.albums[0])
        session.commit()
        check("orm: changed", (session.get(Band, 1).rating, session.scalar(sa.select(sa.func.count(Album.id)))), (decimal.Decimal("10.50"), 1))


@step("core")
def core():
    with engine.begin() as connection:
        insert = pgd.insert(Band).values([{"id": 1, "name": "R"}, {"id": 2, "name": "S"}])
        upsert = insert.on_conflict_do_update(index_elements=["id"], set_={"name": insert.excluded.name}).returning(Band.id, Band.name)
        check("upsert", sorted(tuple(row) for row in connection.execute(upsert)), [(1, "R"), (2, "S")])
        query = sa.select(Band.name, Album.title).select_from(sa.outerjoin(Band, Album, Band.id == Album.band_id)).order_by(Band.id, Album.id)
        check("join", [tuple(row) for row in connection.execute(query)], [("R", "Two"), ("S", None)])
        check("json", connection.scalar(sa.select(Band.id).where(Band.info["a"][0].astext == "1")), 1)
        check("array", connection.scalar(sa.select(Band.id).where(Band.tags.any("rock"))), 1)
        window = sa.select(Band.id, sa.func.row_number().over(order_by=Band.id.desc())).order_by(Band.id)
        check("window", [tuple(row) for row in connection.execute(window)], [(1, 2), (2, 1)])


@step("transactions")
def transactions():
    with Session(engine) as session:
        session.add(Band(id=10, name="kept"))
        try:
            with session.begin_nested():
                session.add(Band(id=1, name="twice"))
                session.flush()
        except sa.exc.IntegrityError as error:
            check("integrity", error.orig.pgcode, "23505")
        session.commit()
        check("kept", session.get(Band, 10).name, "kept")


@step("inspector")
def inspector():
    inspect = sa.inspect(engine)
    check("tables", {"albums", "bands"} <= set(inspect.get_table_names()), True)
    columns = [(c["name"], str(c["type"]), c["nullable"]) for c in inspect.get_columns("bands")]
    check(
        "columns",
        columns,
        [("id", "INTEGER", False), ("name", "VARCHAR(40)", True), ("formed", "DATE", True), ("rating", "NUMERIC(6, 2)", True), ("info", "JSONB", True), ("tags", "ARRAY", True), ("active", "BOOLEAN", True)],
    )
    check("key", inspect.get_pk_constraint("bands")["constrained_columns"], ["id"])
    check("indexes", [(i["name"], i["column_names"]) for i in inspect.get_indexes("albums")], [("ix_albums_band_id", ["band_id"])])
    check("schemas", "public" in inspect.get_schema_names(), True)
    check("has table", (inspect.has_table("bands"), inspect.has_table("nowhere")), (True, False))
    check("foreign keys", inspect.get_foreign_keys("albums"), [])
    reflected = sa.Table("bands", sa.MetaData(), autoload_with=engine)
    check("reflected", [c.name for c in reflected.primary_key], ["id"])


@step("streaming")
def streaming():
    with engine.connect() as connection:
        rows = connection.execution_options(stream_results=True).execute(sa.text("select n from generate_series(1, 2500) g(n)"))
        check("streamed", sum(row.n for row in rows), 3126250)


finish()
