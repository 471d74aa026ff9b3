"""Logs that are poisoned, huge, cut short, or that change under the reader: one clear line, before memory is spent."""

import os

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from analysis.errors import BadLog, Fault
from storage.predictions import log_at, read
from templates import words
from tests.analysis.conftest import DATA

REFERENCE = DATA / "reference.parquet"


def fault(place):
    with pytest.raises(BadLog) as caught:
        for _ in read(log_at([place])):
            pass
    return caught.value.facts["fault"], words.refused(caught.value)


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    """A milliard rows in a few kB: one column that says the same thing again and again, in groups of 50 million."""
    path = tmp_path_factory.mktemp("bomb") / "bomb.parquet"
    part = pa.table({"score": pa.nulls(50_000_000, pa.int8())})
    with pq.ParquetWriter(path, part.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(part, row_group_size=50_000_000)
    return path


def test_a_milliard_rows_in_a_small_file_are_refused_by_the_footer(bomb):
    assert bomb.stat().st_size < 5 << 20
    kind, says = fault(bomb)
    assert kind == Fault.TOO_LARGE
    assert "1,000,000,000 rows" in says
    assert "bomb.parquet" in says


def test_a_text_larger_than_a_log_can_be_is_refused_by_its_size(tmp_path):
    path = tmp_path / "log.csv"
    with path.open("wb") as file:
        file.truncate(33 << 30)  # takes no room on the disk
    kind, says = fault(path)
    assert kind == Fault.TOO_LARGE
    assert "bytes" in says


@pytest.mark.parametrize("left", [0, 3, 100, 0.5, 0.99])
def test_a_file_cut_short_is_named(tmp_path, left):
    content = REFERENCE.read_bytes()
    path = tmp_path / "cut.parquet"
    path.write_bytes(content[: left if isinstance(left, int) else int(len(content) * left)])
    kind, says = fault(path)
    assert kind == Fault.UNREADABLE
    assert "cut.parquet" in says


def written(path, kind):
    table = pq.read_table(REFERENCE)
    if kind == "parquet":
        pq.write_table(table, path, row_group_size=1000)
    else:
        pyarrow.csv.write_csv(table, path)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_file_that_is_replaced_while_it_is_read_is_not_half_counted(tmp_path, kind):
    path, other = tmp_path / f"log.{kind}", tmp_path / f"other.{kind}"
    written(path, kind)
    written(other, kind)
    batches = read(log_at([path]), 500)
    next(batches)
    os.replace(other, path)
    with pytest.raises(BadLog, match="changed while it was read"):
        list(batches)


def test_lines_may_be_added_to_a_text_while_it_is_read(tmp_path):
    path = tmp_path / "log.csv"
    written(path, "csv")
    batches = read(log_at([path]), 500)
    next(batches)
    last = path.read_bytes().splitlines(keepends=True)[-1]
    with path.open("ab") as file:
        file.write(last)
    assert sum(batch.num_rows for batch in batches) >= 4500
