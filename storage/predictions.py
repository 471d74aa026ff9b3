"""Reads prediction logs: Parquet, CSV, JSON lines, Arrow, tables; here or in a store; in bounded memory.

A log is given out as record batches of one time window, late labels joined by request id. Every error names the file,
and the column and row group where it has one.
"""

import glob
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq

from analysis.errors import BadLog, Fault
from analysis.profile.columns import hours, whole
from storage import places
from storage.places import Place, Remote, Rows, Span

SUFFIXES = {
    ".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv",
    ".jsonl": "json", ".ndjson": "json", ".json": "json", ".arrow": "arrow", ".feather": "arrow",
}  # fmt: skip
BATCH = 1 << 18
SAMPLE = 1 << 17  # rows by which columns are told
LARGEST_GROUP = 1 << 31  # bytes of a row group before compression; a hostile file may claim any
MOST_CELLS = 4 * 10**9  # rows × columns of one Parquet file: 200 million requests of 20 columns; split a larger log
FEWEST_COLUMNS = 8  # a log of fewer counts as so many: a bomb has one column and a milliard rows in 5 MB
LARGEST_TEXT = 32 << 30  # bytes of one file of another kind
CHANGED = "it was changed while it was read"
Seen = Callable[[int], None]  # is told how many rows were read
BROKEN = (pa.ArrowException, OSError, UnicodeDecodeError)


@dataclass(frozen=True)
class Log:
    """Where a log lies and which part of it is meant."""

    paths: tuple[Place, ...]
    since: datetime | None = None
    until: datetime | None = None
    late_labels: tuple[Place, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)  # role → column, where it departs from the convention

    def column(self, role: str) -> str:
        """Return the column that plays a role."""
        return self.columns.get(role, role)


def find(*wanted: str | Path) -> tuple[Place, ...]:
    """Return the files of a path, folder, glob or address, sorted by name, or a table; raise BadLog for none."""
    found: list[Place] = []
    for place in wanted:
        path = Path(place)
        files: Sequence[Place]
        if places.is_address(place):
            known = places.find(str(place))
            files = known if len(known) == 1 else [one for one in known if one.suffix.lower() in SUFFIXES]
        elif path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        else:
            files = [path] if path.is_file() else sorted(map(Path, glob.glob(str(place), recursive=True)))
        if not files:
            raise BadLog(Fault.NOT_FOUND, file=places.shown(place))
        found += files
    return tuple(found)


def sample(log: Log, rows: int = SAMPLE) -> pa.Table:
    """Return the first rows of a log, for finding out what it looks like; raise BadLog where it has none."""
    taken: list[pa.RecordBatch] = []
    for batch in read(log, rows):
        taken.append(batch)
        if sum(b.num_rows for b in taken) >= rows:
            break
    if not sum(b.num_rows for b in taken):
        raise BadLog(Fault.EMPTY, file=str(log.paths[0]))
    return pa.concat_tables([pa.Table.from_batches([b]) for b in taken], promote_options="permissive").slice(0, rows)


class Shard(NamedTuple):
    """A piece of a log that can be read on its own: a file, or one row group of a Parquet file."""

    file: Place
    group: int | None = None


def expected(log: Log) -> int:
    """Return how many rows the log has: exactly by the footers of Parquet, by the size of other files about."""
    return sum(map(_expected, log.paths))


def _expected(place: Place) -> int:
    kind = SUFFIXES.get(place.suffix.lower())
    if isinstance(place, Rows) or kind == "arrow":
        return 0  # they would have to be read
    try:
        if kind == "parquet":
            return int(footer(place).num_rows)
        with opened(place) as source, pa.input_stream(source) as file:
            head = file.read(1 << 20)
        size = place.stat().st_size if isinstance(place, Path) else place.size
    except BROKEN:
        return 0  # whoever reads it will say what is wrong
    return int(size * head.count(b"\n") // max(1, len(head)))


def footer(place: Path | Remote) -> pq.FileMetaData:
    """Return what a Parquet file says of itself."""
    with opened(place) as source:
        return pq.read_metadata(source)


def opened(place: Path | Remote) -> AbstractContextManager[Any]:
    """Give what Arrow's readers take: the path of a file that is here, which they map; an open file of a store."""
    return nullcontext(str(place)) if isinstance(place, Path) else place.open()


def read(log: Log, batch_rows: int = BATCH) -> Iterator[pa.RecordBatch]:
    """Yield the log's record batches in the order of its files; raise BadLog naming file, column and row group."""
    return map(itemgetter(1), placed(log, map(Shard, log.paths), batch_rows))


def placed(
    log: Log, shards: Iterable[Shard], rows: int = BATCH, seen: Seen | None = None
) -> Iterator[tuple[Shard, pa.RecordBatch]]:
    """Yield the record batches of some pieces of a log, each with the file and row group it comes from.

    Nothing here holds on to a batch that was given out, so that its memory is free before the next one is read.
    """
    late = Late.read(log) if log.late_labels else None
    span = Span(log.column("timestamp"), log.since, log.until)

    def given(shard: Shard, found: tuple[int, pa.RecordBatch]) -> tuple[Shard, pa.RecordBatch]:
        group, batch = found
        if seen is not None:
            seen(batch.num_rows)
        try:
            kept = _within(batch, log)
            return Shard(shard.file, group), late.join(kept, log) if late else kept
        except BadLog as wrong:
            raise wrong.at(file=str(shard.file), row_group=group) from None

    for shard in shards:
        yield from map(partial(given, shard), _batches(shard, rows, span))


def _batches(shard: Shard, rows: int, span: Span | None = None) -> Iterator[tuple[int, pa.RecordBatch]]:
    path = shard.file
    if isinstance(path, Rows):
        from storage import streams  # noqa: PLC0415  (loads SQLAlchemy, which only tables need)

        yield from enumerate(streams.batches(path, rows, span))
        return
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise BadLog(Fault.UNREADABLE, file=str(path), detail=f"no kind of log ends with “{path.suffix}”")
    try:
        before = _state(path)
        if kind != "parquet" and before.size > LARGEST_TEXT:
            raise BadLog(Fault.TOO_LARGE, file=str(path), detail=f"{before.size:,} bytes; most is {LARGEST_TEXT:,}")
        yield from _parquet(path, rows, shard.group) if kind == "parquet" else READERS[kind](path, rows)
        if _has_changed(kind, before, _state(path)):
            raise BadLog(Fault.UNREADABLE, file=str(path), detail=CHANGED)
    except MemoryError:  # Arrow's is one of its own exceptions too, and says nothing of the log
        raise
    except BROKEN as wrong:
        raise BadLog(Fault.UNREADABLE, file=str(path), detail=first_line(wrong, path)) from None


class State(NamedTuple):
    """By what one sees that a file is not the one that it was; a store's objects are replaced as a whole."""

    size: int
    file: int = 0
    changed: int = 0


def _state(place: Path | Remote) -> State:
    if not isinstance(place, Path):
        return State(place.size)
    told = place.stat()
    return State(told.st_size, told.st_ino, told.st_mtime_ns)


def _has_changed(kind: str, before: State, after: State) -> bool:
    """Return whether what was read may be half of one file and half of another; lines may be added to a text."""
    if kind in ("csv", "json"):
        return after.file != before.file or after.size < before.size
    return after != before


def first_line(wrong: Exception, path: Path | Remote) -> str:
    """Return what a reader said, without the secrets of where it read."""
    first = (str(wrong).splitlines() or [type(wrong).__name__])[0][:300].rstrip(".")
    said = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in first)
    return said if isinstance(path, Path) else places.hidden(said, path.root)


def _parquet(path: Path | Remote, rows: int, only: int | None) -> Iterator[tuple[int, pa.RecordBatch]]:
    far = not isinstance(path, Path)
    with opened(path) as source:
        told = pq.read_metadata(source)
        if told.num_rows * max(told.num_columns, FEWEST_COLUMNS) > MOST_CELLS:
            claims = f"{told.num_rows:,} rows of {told.num_columns} columns; split it into files by day"
            raise BadLog(Fault.TOO_LARGE, file=str(path), detail=claims)
        for group in range(told.num_row_groups) if only is None else [only]:
            size = told.row_group(group).total_byte_size
            if size > LARGEST_GROUP or told.row_group(group).num_rows > LARGEST_GROUP:
                raise BadLog(Fault.TOO_LARGE, file=str(path), row_group=group, detail=f"{size:,} bytes")
            try:  # opened anew for each, for what is mapped of a file counts as memory until it is closed
                with pq.ParquetFile(source, metadata=told, memory_map=True, pre_buffer=far) as file:
                    yield from _row_group(file, group, rows)
            except MemoryError:
                raise
            except BROKEN as wrong:
                raise BadLog(
                    Fault.UNREADABLE, file=str(path), row_group=group, detail=first_line(wrong, path)
                ) from None


def _row_group(file: pq.ParquetFile, group: int, rows: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    if file.metadata.row_group(group).num_rows > rows:
        batches = file.iter_batches(rows, row_groups=[group], use_threads=False)
        yield from ((group, batch) for batch in batches)
        return
    batches = deque(file.read_row_group(group, use_threads=False).to_batches())  # faster as a whole
    while batches:
        yield group, batches.popleft()


def _csv(path: Path | Remote, rows: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    told = pyarrow.csv.ParseOptions(delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    kinds = pyarrow.csv.ConvertOptions(strings_can_be_null=True, null_values=["", "NA", "null", "None", "NULL"])
    size = pyarrow.csv.ReadOptions(use_threads=False, block_size=1 << 24)
    with (
        opened(path) as source,
        pyarrow.csv.open_csv(source, read_options=size, parse_options=told, convert_options=kinds) as reader,
    ):
        for number, batch in enumerate(reader):
            yield from ((number, batch.slice(i, rows)) for i in range(0, batch.num_rows, rows))


def _json(path: Path | Remote, rows: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    serial = pyarrow.json.ReadOptions(use_threads=False)
    with opened(path) as source, pyarrow.json.open_json(source, read_options=serial) as reader:
        for number, batch in enumerate(reader):
            yield from ((number, batch.slice(i, rows)) for i in range(0, batch.num_rows, rows))


def _arrow(path: Path | Remote, rows: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    here = isinstance(path, Path)
    with pa.memory_map(str(path)) if here else path.open() as source, pa.ipc.open_file(source) as file:
        for number in range(file.num_record_batches):
            batch = file.get_batch(number)
            yield from ((number, batch.slice(i, rows)) for i in range(0, batch.num_rows, rows))


READERS = {"csv": _csv, "json": _json, "arrow": _arrow}


def _within(batch: pa.RecordBatch, log: Log) -> pa.RecordBatch:
    """Return the rows from `since` (included) to `until` (excluded)."""
    if log.since is None and log.until is None:
        return batch
    name = log.column("timestamp")
    if name not in batch.schema.names:
        raise BadLog(Fault.COLUMN_MISSING, column=name)
    at = hours(batch.column(name), name)
    kept = np.ones(len(at), bool)
    if log.since is not None:
        kept &= at >= log.since.timestamp() * 1000
    if log.until is not None:
        kept &= at < log.until.timestamp() * 1000
    return batch if kept.all() else batch.filter(pa.array(kept))


@dataclass(frozen=True)
class Late:
    """Labels that became known after the log was written."""

    ids: pa.Array
    labels: pa.Array

    @classmethod
    def read(cls, log: Log) -> "Late":
        """Return the labels of all files, the last one where a request has several."""
        names = [log.column("request_id"), log.column("label")]
        parts: list[pa.Table] = []
        for path in log.late_labels:
            for group, batch in _batches(Shard(path), BATCH):
                for name in names:
                    if name not in batch.schema.names:
                        raise BadLog(Fault.COLUMN_MISSING, file=str(path), column=name, row_group=group)
                parts.append(pa.Table.from_batches([batch.select(names)]))
        table = pa.concat_tables(parts, promote_options="permissive") if parts else pa.table({n: [] for n in names})
        newest_first = table.take(pa.array(range(table.num_rows - 1, -1, -1), pa.int64()))
        return cls(whole(newest_first.column(0)), whole(newest_first.column(1)))

    def join(self, batch: pa.RecordBatch, log: Log) -> pa.RecordBatch:
        """Return the batch with these labels where there are some, its own where not."""
        request, label = log.column("request_id"), log.column("label")
        if request not in batch.schema.names:
            raise BadLog(Fault.COLUMN_MISSING, column=request, detail="late labels are joined by it")
        place = pc.index_in(batch.column(request).cast(self.ids.type), value_set=self.ids)
        found = self.labels.take(place)
        if label not in batch.schema.names:
            return batch.append_column(label, found)
        old = batch.column(label)
        if old.type != found.type:
            found = found.cast(old.type)
        return batch.set_column(batch.schema.get_field_index(label), label, pc.coalesce(found, old))


def spans(log: Log) -> tuple[datetime | None, datetime | None]:
    """Return the earliest and the latest time in the log, for windows that end at the newest row."""
    name, lowest, highest = log.column("timestamp"), None, None
    for batch in read(log):
        if name in batch.schema.names and batch.num_rows:
            low, high = pc.min_max(batch.column(name)).values()
            lowest = min(filter(None, (lowest, low.as_py())), default=None)
            highest = max(filter(None, (highest, high.as_py())), default=None)
    return lowest, highest


def log_at(wanted: Sequence[str | Path], late: Sequence[str | Path] = (), **rest: object) -> Log:
    """Return the log of these paths, folders, globs or addresses; raise BadLog where there is none."""
    return Log(find(*wanted), late_labels=find(*late) if late else (), **rest)  # type: ignore[arg-type]
