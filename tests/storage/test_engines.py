"""One thread, several, a cluster: the same bytes; and an error says where it is."""

import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from distributed import Client

from analysis.errors import BadLog, NoEngine
from analysis.profile import Profile, count
from storage import cluster
from storage.engines import local, merged, shards, spark, work
from storage.predictions import Shard, log_at
from tests.analysis.conftest import DATA, the_spec


@pytest.fixture
def log(tmp_path):
    table = pq.read_table(DATA / "reference.parquet")
    for i in range(0, 5000, 1300):
        pq.write_table(table.slice(i, 1300), tmp_path / f"{i:05}.parquet", row_group_size=301)
    return log_at([tmp_path], [DATA / "late_labels.parquet"])


def test_threads_do_not_show(log):
    whole = local(the_spec(), log_at([DATA / "reference.parquet"], [DATA / "late_labels.parquet"]))
    assert {local(the_spec(), log, threads).checksum for threads in (1, 2, 3)} == {whole.checksum}


def test_pieces_in_any_hands_are_the_whole(log):
    pieces = shards(log)
    assert len(pieces) > 15
    parts = [work(the_spec(), log, [piece]) for piece in reversed(pieces)]
    assert merged(the_spec(), parts).to_bytes() == local(the_spec(), log).to_bytes()
    assert merged(the_spec(), []).to_bytes() == Profile.empty(the_spec()).to_bytes()


def test_a_column_of_the_wrong_kind_is_located(tmp_path):
    table = pq.read_table(DATA / "reference.parquet")
    pq.write_table(table, tmp_path / "a.parquet")
    words = ["40"] * 2500 + ["forty"] * 2500
    pq.write_table(table.set_column(5, "age", pa.array(words)), tmp_path / "b.parquet", row_group_size=1000)
    with pytest.raises(BadLog) as refused:
        local(the_spec(), log_at([tmp_path]))
    facts = refused.value.facts
    assert (facts["file"], facts["column"], facts["row_group"]) == (str(tmp_path / "b.parquet"), "age", 2)


def test_a_cut_file_is_named_before_anything_is_dealt_out(tmp_path):
    (tmp_path / "cut.parquet").write_bytes((DATA / "reference.parquet").read_bytes()[:5000])
    with pytest.raises(BadLog) as refused:
        local(the_spec(), log_at([tmp_path]), threads=2)
    assert refused.value.facts["file"].endswith("cut.parquet")


def test_other_formats_are_read_whole(tmp_path):
    import pyarrow.csv

    pyarrow.csv.write_csv(pq.read_table(DATA / "current_i_tiny.parquet"), tmp_path / "log.csv")
    assert shards(log_at([tmp_path])) == [Shard(tmp_path / "log.csv")]
    assert local(the_spec(), log_at([tmp_path]), threads=2).rows == 36


@pytest.fixture(scope="module")
def session():
    """Spark on this machine, as `storage.cluster` opens it; stopped at the end."""
    pytest.importorskip("pyspark.sql")
    if not shutil.which("java"):
        pytest.skip("Java is not installed (Debian: apt-get install default-jre-headless)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        yield cluster.session(2)
        cluster.session(2).stop()
        cluster.session.cache_clear()


def test_spark_gives_the_same_bytes(log, session):
    assert spark(session, the_spec(), log).checksum == local(the_spec(), log).checksum


def test_spark_reads_the_same_window(log, session):
    week = replace(log, since=datetime(2025, 2, 10, tzinfo=UTC), until=datetime(2025, 2, 17, tzinfo=UTC))
    whole = local(the_spec(), week)
    assert 500 < whole.rows < 2_000
    assert spark(session, the_spec(), week, partitions=3).to_bytes() == whole.to_bytes()


def test_spark_says_what_is_wrong_as_one_machine_does(tmp_path, session):
    table = pq.read_table(DATA / "reference.parquet")
    words = ["40"] * 2500 + ["forty"] * 2500
    pq.write_table(table.set_column(5, "age", pa.array(words)), tmp_path / "b.parquet", row_group_size=1000)
    said = []
    for engine in (local, lambda *log: spark(session, *log)):
        with pytest.raises(BadLog) as refused:
            engine(the_spec(), log_at([tmp_path]))
        said.append(refused.value.facts)
    assert said[0] == said[1]


def test_spark_that_is_not_there_is_said_with_what_to_install(monkeypatch):
    monkeypatch.setattr(cluster.shutil, "which", lambda _: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(NoEngine, match="Java"):
        cluster.session(3)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(NoEngine, match=r"\[spark\]"):
        cluster.session(3)


def test_dask_gives_the_same_bytes_in_two_lines(log):
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        deals = [shards(log)[i::4] for i in range(4)]
        parts = client.gather(client.map(partial(work, the_spec(), log), deals))
    assert merged(the_spec(), parts).to_bytes() == local(the_spec(), log).to_bytes()


def test_other_processes_give_the_same_bytes(log):
    """Whatever maps pickled work over pieces will do: Ray, a pool of processes, a queue of one's own."""
    pieces = shards(log)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(partial(work, the_spec(), log), [pieces[i::3] for i in range(3)]))
    assert merged(the_spec(), parts).to_bytes() == local(the_spec(), log).to_bytes()


def test_many_partitions_are_merged_as_a_tree_and_a_lost_one_is_counted_again():
    """The shape of 10⁹ rows, in which a partition has 10⁶ or more; here each has 20."""
    table = pq.read_table(DATA / "reference.parquet")
    deals = [table.slice(start, 20).to_batches() for start in range(0, table.num_rows, 20)]
    parts = [count(the_spec(), deal) for deal in deals]
    whole = local(the_spec(), log_at([DATA / "reference.parquet"])).to_bytes()
    assert merged(the_spec(), parts).to_bytes() == whole
    left = parts[:113] + parts[114:]
    assert merged(the_spec(), left).to_bytes() != whole
    assert merged(the_spec(), [count(the_spec(), deals[113]), *left]).to_bytes() == whole


def test_spark_counts_a_lost_partition_again(log, session, tmp_path):
    """A worker that dies once is started again by Spark, and the bytes are the same."""
    once = tmp_path / "died"
    whole = local(the_spec(), log)
    rows = session.createDataFrame([(i,) for i in range(2)], "i int").repartition(2)
    pieces = shards(log)

    def counted(batches):
        numbers = [row["i"] for batch in batches for row in batch.to_pylist()]
        if 1 in numbers and not once.exists():
            once.touch()
            os._exit(1)
        hand = [piece for number in numbers for piece in pieces[number::2]]
        yield pa.RecordBatch.from_pydict({"profile": [work(the_spec(), log, hand).to_bytes()]})

    with cluster.failures():
        kept = rows.mapInArrow(counted, "profile binary").collect()
    assert once.exists()
    assert (
        merged(the_spec(), [Profile.from_bytes(bytes(row["profile"])) for row in kept]).to_bytes() == whole.to_bytes()
    )


def test_what_spark_gives_up_on_is_one_line(session):
    def counted(_):
        os._exit(1)

    with pytest.raises(NoEngine, match="Job aborted") as refused, cluster.failures():
        session.range(1).mapInArrow(counted, "x binary").collect()
    assert "\n" not in str(refused.value)
