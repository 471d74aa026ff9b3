"""A candidate's predictions: joined by request with the log, and refused in one sentence where they will not do."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.discovery import Told, discover
from analysis.errors import BadCandidate, BadLog
from bot import candidates
from storage.predictions import Log

ROWS = 200
NAMED = ("request_id", "score", "decision")


@pytest.fixture
def log(tmp_path):
    """A log of 200 requests: every other one was approved and earned it; the last ten failed."""
    answered = [i < ROWS - 10 for i in range(ROWS)]
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({
        "timestamp": pa.array([1_700_000_000_000 + 60_000 * i for i in range(ROWS)], pa.timestamp("ms", tz="UTC")),
        "request_id": [f"r{i}" for i in range(ROWS)],
        "model_version": ["1"] * ROWS,
        "age": [20.0 + i % 50 for i in range(ROWS)],
        "sex": ["f" if i % 3 else "m" for i in range(ROWS)],
        "score": [0.2 + 0.6 * (i % 2) if ok else None for i, ok in enumerate(answered)],
        "decision": pa.array([i % 2 if ok else None for i, ok in enumerate(answered)], pa.int8()),
        "label": pa.array([i % 2 for i in range(ROWS)], pa.int8()),
        "error": [None if ok else "timeout" for ok in answered],
        "attribution_age": [0.1] * ROWS,
    }), path)  # fmt: skip
    return Log((path,))


def candidate(tmp_path, log, change=lambda table: table, name="candidate.parquet"):
    table = pq.read_table(log.paths[0])
    decision = [1 if i in (0, 2) else i % 2 for i in range(ROWS)]  # it errs twice where the champion was right
    made = pa.table({"request_id": table["request_id"], "score": [0.5] * ROWS, "decision": decision})
    pq.write_table(change(made), tmp_path / name)
    return str(tmp_path / name)


def sides(tmp_path, log, change=lambda table: table):
    found = candidates.predictions_of(candidate(tmp_path, log, change), log)
    spec = discover(pq.read_table(log.paths[0]), Told(protected=("sex",), favourable="1"))
    return candidates.counted(spec, log, found, "2")


def test_both_sides_are_the_requests_that_both_answered(tmp_path, log):
    seen = sides(tmp_path, log)
    assert (seen.rows, seen.predicted, seen.champion.rows, seen.candidate.rows) == (200, 200, 190, 190)
    assert (seen.paired.rows, seen.paired.champion, seen.paired.candidate) == (190, 190, 188)
    assert (seen.paired.lost, seen.paired.won) == (2, 0)
    assert (list(seen.champion.versions), list(seen.candidate.versions)) == (["1"], ["2"])


def test_a_few_requests_may_lack_and_others_may_be_there(tmp_path, log):
    more = pa.table({"request_id": ["x1"], "score": [0.5], "decision": [1]})
    assert sides(tmp_path, log, lambda t: pa.concat_tables([t.slice(8), more])).predicted == 192


def test_true_and_false_are_decisions_like_1_and_0(tmp_path, log):
    whole = sides(tmp_path, log)
    seen = sides(tmp_path, log, lambda t: t.set_column(2, "decision", t["decision"].cast(pa.bool_())))
    assert seen.paired == whole.paired


def test_the_log_may_call_its_columns_otherwise(tmp_path, log):
    table = pq.read_table(log.paths[0]).rename_columns({"request_id": "id", "score": "p", "decision": "approved"})
    pq.write_table(table, tmp_path / "other.parquet")
    roles = {"request_id": "id", "score": "p", "decision": "approved"}
    renamed = Log((tmp_path / "other.parquet",), columns=roles)
    found = candidates.predictions_of(candidate(tmp_path, log), renamed)
    spec = discover(table, Told(columns=roles, protected=("sex",), favourable="1"))
    assert candidates.counted(spec, renamed, found, "2").paired.lost == 2


BAD = {
    "has no column “decision”": lambda t: t.drop_columns("decision"),
    "has 3 rows without a value in “score”": lambda t: t.set_column(1, "score", [[None] * 3 + [0.5] * (ROWS - 3)]),
    "has 2 rows without a value in “score”": lambda t: t.set_column(
        1, "score", [[float("nan")] * 2 + [0.5] * (ROWS - 2)]
    ),
    "more than one prediction for a request": lambda t: pa.concat_tables([t, t.slice(0, 1)]),
    "of the 200 requests of the window it has a prediction for 180; it needs one for 95 % of them": lambda t: t.slice(
        20
    ),
    "are of another kind than in the log": lambda t: t.set_column(2, "decision", [["yes"] * ROWS]),
}


@pytest.mark.parametrize("sentence", BAD)
def test_what_will_not_do_is_said_in_one_sentence(tmp_path, log, sentence):
    with pytest.raises(BadCandidate) as refused:
        sides(tmp_path, log, BAD[sentence])
    assert sentence in refused.value.facts["detail"]


def test_what_is_no_table_or_is_empty_is_refused(tmp_path, log):
    (tmp_path / "candidate.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(BadLog):
        candidates.predictions_of(str(tmp_path / "candidate.parquet"), log)
    with pytest.raises(BadLog):
        sides(tmp_path, log, lambda t: t.slice(0, 0))


def test_the_folder_has_one_of_two_files(tmp_path):
    assert candidates.file_in(tmp_path) is None
    (tmp_path / "candidate.csv").write_text("request_id,score,decision\n")
    assert candidates.file_in(tmp_path).name == "candidate.csv"
