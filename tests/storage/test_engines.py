"""One thread, several, a cluster: the same bytes; and an error says where it is."""

import os
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.errors import BadLog, NoEngine
from analysis.profile import Profile
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
    for count in (local, lambda *log: spark(session, *log)):
        with pytest.raises(BadLog) as refused:
            count(the_spec(), log_at([tmp_path]))
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
