"""Logs are read whatever their format, in bounded batches, and every error names its file, column and row group."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from analysis.errors import BadLog, Fault
from analysis.profile import count
from storage.predictions import find, log_at, read, sample, spans
from tests.analysis.conftest import DATA, the_spec

REFERENCE, LATE = DATA / "reference.parquet", DATA / "late_labels.parquet"


def table(log):
    return pa.Table.from_batches(list(read(log)))


def checksum(*places):
    return count(the_spec(), read(log_at(places))).checksum


@pytest.fixture
def reference():
    return pq.read_table(REFERENCE)


def test_a_folder_a_glob_and_a_file_are_the_same_log(tmp_path, reference):
    for i in range(0, 5000, 700):
        pq.write_table(reference.slice(i, 700), tmp_path / f"{i:05}.parquet", row_group_size=137)
    (tmp_path / "README.md").write_text("not a log")
    whole = checksum(REFERENCE)
    assert checksum(tmp_path) == whole
    assert checksum(str(tmp_path / "*.parquet")) == whole
    assert checksum(*reversed(find(tmp_path))) == whole


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "arrow"])
def test_other_formats_hold_the_same_log(tmp_path, reference, suffix):
    path = tmp_path / f"log.{suffix}"
    if suffix == "csv":
        pyarrow.csv.write_csv(reference, path)
    elif suffix == "arrow":
        with pa.ipc.new_file(path, reference.schema) as sink:
            sink.write_table(reference)
    else:
        import json

        rows = reference.to_pylist()
        path.write_text("\n".join(json.dumps(row, default=lambda v: v.isoformat()) for row in rows))
    found, whole = (count(the_spec(), read(log_at([p]))) for p in (path, REFERENCE))
    for name in ("category:occupation", "group:sex", "outcome.group:race", "segment:channel"):
        assert found.levels[name] == whole.levels[name]
    for name in ("number:age", "score", "latency", "hour.number:hours_per_week", "hour.latency"):
        assert found.tables[name] == whole.tables[name]


def test_a_window_of_time_holds_its_first_moment_and_not_its_last():
    since, until = datetime(2025, 2, 5, tzinfo=UTC), datetime(2025, 2, 7, tzinfo=UTC)
    times = table(log_at([REFERENCE], since=since, until=until))["timestamp"]
    everything = pq.read_table(REFERENCE)["timestamp"]
    inside = pc.and_(pc.greater_equal(everything, pa.scalar(since)), pc.less(everything, pa.scalar(until)))
    assert len(times) == pc.sum(inside).as_py() > 100


def test_late_labels_are_joined_by_request():
    path = DATA / "current_e_biased_retrain.parquet"
    before, after = table(log_at([path])), table(log_at([path], [LATE]))
    late = dict(zip(*(pq.read_table(LATE)[c].to_pylist() for c in ("request_id", "label")), strict=True))
    assert after["label"].null_count < before["label"].null_count
    for request, old, new in zip(
        *(t.to_pylist() for t in (before["request_id"], before["label"], after["label"])), strict=True
    ):
        assert new == late.get(request, old)


def test_the_last_of_several_late_labels_counts(tmp_path, reference):
    row = reference.slice(0, 1)
    request = row["request_id"][0].as_py()
    pq.write_table(row, tmp_path / "log.parquet")
    pq.write_table(pa.table({"request_id": [request] * 2, "label": [0, 1]}), tmp_path / "late.parquet")
    log = log_at([tmp_path / "log.parquet"], [tmp_path / "late.parquet"])
    assert table(log)["label"].to_pylist() == [1]


def test_the_span_of_a_log():
    low, high = spans(log_at([REFERENCE]))
    assert (low.isoformat()[:10], high.isoformat()[:10]) == ("2025-02-03", "2025-03-02")


def refused(*places, **rest):
    with pytest.raises(BadLog) as error:
        list(read(log_at(places, **rest)))
    return error.value.facts


def test_what_is_not_there_is_said(tmp_path):
    assert refused(tmp_path / "none.parquet")["fault"] is Fault.NOT_FOUND
    assert refused(tmp_path)["fault"] is Fault.NOT_FOUND


@pytest.mark.parametrize("keep", [0, 4, 1000, 200_000])
def test_a_truncated_file_is_said(tmp_path, keep):
    path = tmp_path / "cut.parquet"
    path.write_bytes(REFERENCE.read_bytes()[:keep])
    facts = refused(path)
    assert facts["fault"] is Fault.UNREADABLE
    assert facts["file"] == str(path)


def test_a_damaged_page_is_said(tmp_path, reference):
    path = tmp_path / "damaged.parquet"
    pq.write_table(reference, path, row_group_size=1000, compression="snappy")
    data = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(2).column(5).data_page_offset
    data[start : start + 400] = bytes(400)
    path.write_bytes(bytes(data))
    facts = refused(path)
    assert facts["fault"] is Fault.UNREADABLE
    assert facts["row_group"] == 2


def test_a_strange_suffix_and_an_empty_log_are_said(tmp_path, reference):
    (tmp_path / "log.xlsx").write_bytes(b"PK")
    assert refused(tmp_path / "log.xlsx")["fault"] is Fault.UNREADABLE
    pq.write_table(reference.slice(0, 0), tmp_path / "empty.parquet")
    with pytest.raises(BadLog) as error:
        sample(log_at([tmp_path / "empty.parquet"]))
    assert error.value.facts["fault"] is Fault.EMPTY


def test_late_labels_without_a_request_are_said(tmp_path):
    pq.write_table(pa.table({"label": [1]}), tmp_path / "late.parquet")
    facts = refused(REFERENCE, late=[tmp_path / "late.parquet"])
    assert (facts["fault"], facts["column"], facts["file"]) == (
        Fault.COLUMN_MISSING, "request_id", str(tmp_path / "late.parquet"),
    )  # fmt: skip


def test_batches_stay_small():
    assert max(batch.num_rows for batch in read(log_at([REFERENCE]), 500)) <= 500
