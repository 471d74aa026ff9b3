"""Logs in object stores and in databases count as files of this machine do; no secret of an address is ever shown."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from analysis.errors import BadLog, Fault
from storage.engines import local
from storage.places import Rows, Span
from storage.predictions import expected, find, log_at, read
from storage.streams import query
from tests.analysis.conftest import DATA, the_spec
from tests.storage.objects import served

REFERENCE, LATE = DATA / "reference.parquet", DATA / "late_labels.parquet"
KEY, SECRET = "AKIAEXAMPLE", "wJalrXUtn"


def checksum(*places, late=(), threads=1, **window):
    return local(the_spec(), log_at(places, late, **window), threads).checksum


@pytest.fixture(scope="module")
def whole():
    return local(the_spec(), log_at([REFERENCE], [LATE])).checksum


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    table = pq.read_table(REFERENCE)
    objects = {"logs/late.parquet": LATE.read_bytes(), "logs/week/readme.md": b"not a log", "logs/week/sub/x.txt": b""}
    for i in range(0, 5000, 1700):
        pq.write_table(table.slice(i, 1700), folder / "part.parquet", row_group_size=500)
        objects[f"logs/week/{i:05}.parquet"] = (folder / "part.parquet").read_bytes()
    pyarrow.csv.write_csv(table.slice(0, 1000), folder / "part.csv")
    objects["logs/text/head.csv"] = (folder / "part.csv").read_bytes()
    with served(objects) as options:
        yield lambda path: f"s3://{KEY}:{SECRET}@logs/{path}{options}"


@pytest.mark.parametrize("place", ["week", "week/*.parquet", "w*/0*.parquet", "**/0*.parquet"])
@pytest.mark.parametrize("threads", [1, 2])
def test_an_object_store_holds_the_same_log(bucket, whole, place, threads):
    assert checksum(bucket(place), late=[bucket("late.parquet")], threads=threads) == whole


def test_text_in_a_store_is_read_and_its_rows_are_foreseen(bucket):
    log = log_at([bucket("text/head.csv")])
    assert local(the_spec(), log).rows == 1000
    assert expected(log) == pytest.approx(1000, abs=2)
    assert expected(log_at([bucket("week")])) == 5000


def test_a_file_address_is_a_path_of_this_machine(tmp_path, whole):
    (tmp_path / "a b.parquet").symlink_to(REFERENCE)
    address = f"file://{tmp_path}/a%20b.parquet"
    assert find(address) == (tmp_path / "a b.parquet",)
    assert checksum(address, late=[LATE]) == whole


def refused(*places):
    with pytest.raises(BadLog) as error:
        list(read(log_at(places)))
    told = f"{error.value} {error.value.facts}"
    assert KEY not in told
    assert SECRET not in told
    return error.value.facts


def test_what_a_store_lacks_is_said_without_its_keys(bucket):
    assert refused(bucket("nothing.parquet"))["fault"] is Fault.NOT_FOUND
    assert refused(bucket("week/*.csv"))["file"] == "s3://logs/week/*.csv"
    assert refused(bucket("week/readme.md"))["fault"] is Fault.UNREADABLE
    assert refused(f"s3://{KEY}:{SECRET}@bad bucket/x")["fault"] is Fault.UNREADABLE


def test_a_cut_file_in_a_store_is_said(tmp_path):
    with served({"logs/cut.parquet": REFERENCE.read_bytes()[:5000]}) as options:
        facts = refused(f"s3://{KEY}:{SECRET}@logs/cut.parquet{options}")
    assert (facts["fault"], facts["file"]) == (Fault.UNREADABLE, "s3://logs/cut.parquet")


@pytest.fixture
def database(tmp_path):
    """The reference as a table of SQLite."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'log of us.db'}")
    table = pq.read_table(REFERENCE)
    kinds = {pa.types.is_timestamp: sa.DateTime, pa.types.is_integer: sa.BigInteger, pa.types.is_floating: sa.Double,
             pa.types.is_boolean: sa.Boolean}  # fmt: skip
    columns = [
        sa.Column(field.name, next((kind for test, kind in kinds.items() if test(field.type)), sa.Text)())
        for field in table.schema
    ]
    made = sa.Table("log", sa.MetaData(), *columns)
    with engine.begin() as connection:
        made.create(connection)
        connection.execute(made.insert(), table.to_pylist())
    engine.dispose()
    return f"sqlite:///{tmp_path / 'log of us.db'}"


def test_a_table_has_the_bytes_of_the_same_rows_in_a_file(database, whole):
    assert checksum(f"{database}#log", late=[LATE]) == whole
    assert max(batch.num_rows for batch in read(log_at([f"{database}#log"]), 700)) <= 700


def test_a_window_of_a_table_is_that_of_the_file(database):
    week = {"since": datetime(2025, 2, 10, tzinfo=UTC), "until": datetime(2025, 2, 17, tzinfo=UTC)}
    assert checksum(f"{database}#log", **week) == checksum(REFERENCE, **week)


@pytest.mark.parametrize(
    ("kind", "dialect", "asks"),
    [
        (sa.DateTime(timezone=True), "postgresql", "2025-02-10 01:59:59+02:00"),
        (sa.DateTime(), "mysql", "2025-02-09 23:59:59"),
        (sa.DateTime(), "sqlite", None),
        (sa.Text(), "postgresql", None),
    ],
)
def test_a_database_is_asked_for_the_window_where_it_knows_times(kind, dialect, asks):
    table = sa.Table("log", sa.MetaData(), sa.Column("at", kind), sa.Column("age", sa.Integer))
    asked = query(table, Span("at", since=datetime(2025, 2, 10, 2, tzinfo=timezone(timedelta(hours=2)))), dialect)
    assert [str(value) for value in asked.compile().params.values()] == ([asks] if asks else [])


def test_a_table_is_analysed_from_the_command_line(database):
    command = [sys.executable, "-m", "bot", "analyze", "--baseline", REFERENCE, "--window", f"{database}#log"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("sqlite:///{folder}/none.db#log", "unable to open"),
        ("sqlite:///{folder}/log of us.db#nothing", "no such table"),
        ("sqlite:///{folder}/log of us.db", "which table"),
        (f"oracle://{KEY}:{SECRET}@host/db#t", "driver"),
        (f"nix://{KEY}:{SECRET}@host/db#t", "neither"),
    ],
)
def test_a_table_that_cannot_be_read_is_said_without_its_password(database, tmp_path, place, says):
    assert says in str(refused(place.format(folder=tmp_path))["detail"])
    assert not (tmp_path / "none.db").exists()


def test_a_value_of_another_kind_than_its_column_is_said(database):
    engine = sa.create_engine(database)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE log SET age = 'forty' WHERE age = 40"))
    engine.dispose()
    facts = refused(f"{database}#log")
    assert (facts["fault"], facts["column"]) == (Fault.COLUMN_TYPE, "age")


def test_an_address_shows_no_secret_however_it_is_printed():
    rows = Rows(f"postgresql://{KEY}:{SECRET}@host/db?password={SECRET}", "public.log")
    for text in (str(rows), repr(rows)):
        assert SECRET not in text
        assert KEY not in text
