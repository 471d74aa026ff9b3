"""A candidate's predictions, joined by request id with the log of the validation window: what the worker judges."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from analysis.errors import BadCandidate, BadLog, Fault
from analysis.profile import Profile
from analysis.profile.builder import Builder
from analysis.profile.columns import whole
from analysis.response.validating import LEAST_COVERED, Paired
from analysis.spec import ATTRIBUTION, Spec
from storage import places, predictions
from storage.predictions import Log

FILES = ("candidate.parquet", "candidate.csv")  # what a pipeline leaves in its output folder
OF_SERVING = ("latency_ms", "error")  # of whoever served the request; a candidate has not


@dataclass(frozen=True)
class Candidate:
    """What a candidate would have answered: one row a request, in the columns of the log."""

    table: pa.Table
    ids: pa.Array


@dataclass(frozen=True)
class Sides:
    """The same requests twice: as the champion decided them, and as the candidate would have."""

    champion: Profile
    candidate: Profile
    paired: Paired
    rows: int  # of the window
    predicted: int  # of these, by the candidate

    @property
    def both(self) -> tuple[Profile, Profile]:
        """Return the champion's side and the candidate's."""
        return self.champion, self.candidate


def file_in(folder: Path) -> Path | None:
    """Return the file of predictions in a pipeline's output folder; None where it left none."""
    return next((folder / name for name in FILES if (folder / name).is_file()), None)


def predictions_of(place: str, log: Log) -> Candidate:
    """Return the candidate's predictions; raise BadCandidate or BadLog where they will not do."""
    name = places.shown(place).rpartition("/")[2]
    batches = [pa.Table.from_batches([one]) for one in predictions.read(Log(predictions.find(place)))]
    if not batches:
        raise BadLog(Fault.EMPTY, file=name)
    found = pa.concat_tables(batches, promote_options="permissive")
    columns = {}
    for role in ("request_id", "score", "decision"):
        column = next((one for one in (log.column(role), role) if one in found.column_names), None)
        if column is None:
            raise BadCandidate(detail=f"{name} has no column “{log.column(role)}”")
        columns[log.column(role)] = _complete(name, column, found[column])
    reasons = {one: found[one] for one in found.column_names if one.startswith(ATTRIBUTION)}
    table = pa.table(columns | reasons)
    ids = whole(table[log.column("request_id")]).cast(pa.string())
    if pc.count_distinct(ids).as_py() < len(ids):
        raise BadCandidate(detail=f"{name} has more than one prediction for a request")
    return Candidate(table, ids)


def _complete(name: str, column: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    is_number = pa.types.is_floating(values.type)
    empty = values.null_count + (pc.sum(pc.is_nan(values)).as_py() or 0 if is_number else 0)
    if empty:
        raise BadCandidate(detail=f"{name} has {empty:,} rows without a value in “{column}”")
    return values


def counted(spec: Spec, log: Log, found: Candidate, version: str) -> Sides:
    """Return both sides, counted in one pass; raise BadCandidate where too many requests have no prediction."""
    champion, candidate, before, after = (Builder(spec) for _ in range(4))
    rows = predicted = 0
    for batch in predictions.read(log):
        place = _places(batch, log, found)
        rows, predicted = rows + batch.num_rows, predicted + len(place) - place.null_count
        was, would = _joined(batch, log, found.table, place)
        if not was.num_rows:
            continue
        champion.add(was)
        candidate.add(_versioned(would, log, version))
        decision = log.column("decision")
        differ = pc.fill_null(pc.not_equal(was.column(decision), would.column(decision)), False)
        before.add(was.filter(differ))
        after.add(would.filter(differ))
    _check_covered(predicted, rows)
    sides = champion.profile(), candidate.profile()
    (_, known, right), (_, _, right_too) = (one.total("outcome.hour", 3).tolist() for one in sides)
    lost, won = (int(one.profile().total("outcome.hour", 3)[2]) for one in (before, after))
    return Sides(*sides, Paired(int(known), int(right), int(right_too), lost, won), rows, predicted)


def _check_covered(predicted: int, rows: int) -> None:
    if rows == 0:
        raise BadCandidate(detail="the validation window has no requests")
    if predicted < LEAST_COVERED * rows:
        asked = f"it needs one for {LEAST_COVERED:.0%} of them".replace("%", " %")
        raise BadCandidate(
            detail=f"of the {rows:,} requests of the window it has a prediction for {predicted:,}; {asked}"
        )


def _places(batch: pa.RecordBatch, log: Log, found: Candidate) -> pa.Array:
    """Return for each request which of the predictions is its own; null where none is."""
    request = log.column("request_id")
    if request not in batch.schema.names:
        raise BadLog(Fault.COLUMN_MISSING, column=request, detail="a candidate's predictions are joined by it")
    return pc.index_in(batch.column(request).cast(pa.string()), value_set=found.ids)


def _joined(batch: pa.RecordBatch, log: Log, own: pa.Table, place: pa.Array) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Return the requests that both answered, as the champion did and as the candidate would."""
    decision = log.column("decision")
    if decision not in batch.schema.names:
        raise BadLog(
            Fault.COLUMN_MISSING, column=decision, detail="a candidate is held against the champion's decisions"
        )
    answered = pc.and_(pc.is_valid(place), pc.is_valid(batch.column(decision)))
    gone = [log.column(role) for role in OF_SERVING]
    was = batch.filter(answered).select([name for name in batch.schema.names if name not in gone])
    taken = own.take(place.filter(answered))
    columns = {name: was.column(name) for name in was.schema.names if not name.startswith(ATTRIBUTION)}
    given = [name for name in taken.column_names if name != log.column("request_id")]
    columns |= {name: _like(was, name, whole(taken[name])) for name in given}
    return was, pa.RecordBatch.from_pydict(columns)


def _versioned(batch: pa.RecordBatch, log: Log, version: str) -> pa.RecordBatch:
    name, versions = log.column("model_version"), pa.array([version] * batch.num_rows)
    if name not in batch.schema.names:
        return batch
    return batch.set_column(batch.schema.get_field_index(name), name, versions)


def _like(was: pa.RecordBatch, name: str, values: pa.Array) -> pa.Array:
    """Return the values in the type that the log has, so that 1 and true and "1" are not three decisions."""
    if name not in was.schema.names or values.type == was.column(name).type:
        return values
    try:
        return values.cast(was.column(name).type)
    except pa.ArrowInvalid:
        kinds = f"{values.type}, in the log {was.column(name).type}"
        raise BadCandidate(detail=f"the values of “{name}” are of another kind than in the log ({kinds})") from None
