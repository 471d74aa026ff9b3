"""Counts a log on one thread, several, or a cluster: the unit is `work(spec, log, pieces)`, the result the same bytes.

A piece is a file or one row group of it; its name is shipped, never its rows (13 times cheaper on Spark). With Dask or
Ray it is a map and a merge, for spec, log, pieces and profiles can be pickled:

    parts = client.gather(client.map(partial(work, spec, log), deals))  # Dask; a deal: shards(log)[i::n]
    parts = ray.get([ray.remote(work).remote(spec, log, deal) for deal in deals])
    profile = merged(spec, parts)

10⁹ rows are many partitions' profiles, merged as a tree; a lost one is counted again, and nothing shows that it was.
"""

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from operator import itemgetter
from typing import Any

import pyarrow as pa

from analysis.errors import BadLog, Fault, Refused
from analysis.profile import Profile, count
from analysis.spec import Spec
from storage import cluster
from storage.places import Rows
from storage.predictions import BROKEN, Log, Seen, Shard, first_line, footer, placed


def shards(log: Log) -> list[Shard]:
    """Return the pieces of a log; raise BadLog for a Parquet file whose footer cannot be read."""
    found: list[Shard] = []
    for path in log.paths:
        if isinstance(path, Rows) or path.suffix.lower() not in (".parquet", ".pq"):
            found.append(Shard(path))
            continue
        try:
            found += [Shard(path, group) for group in range(footer(path).num_row_groups)]
        except BROKEN as wrong:
            raise BadLog(Fault.UNREADABLE, file=str(path), detail=first_line(wrong, path)) from None
    return found


def work(spec: Spec, log: Log, pieces: Sequence[Shard], seen: Seen | None = None) -> Profile:
    """Return the profile of some pieces of a log, the unit of work on every engine; raise BadLog saying where."""
    try:
        return count(spec, map(itemgetter(1), placed(log, pieces, seen=seen)))
    except BadLog as wrong:
        raise located(spec, log, pieces, wrong) from None


def located(spec: Spec, log: Log, pieces: Iterable[Shard], wrong: BadLog) -> BadLog:
    """Return the error with file and row group: batches wait for one another, so the pieces are tried one by one."""
    if "file" in wrong.facts:
        return wrong
    for shard, batch in placed(log, pieces):
        try:
            count(spec, [batch])
        except BadLog as found:
            return found.at(file=str(shard.file), row_group=shard.group)
    return wrong


def local(spec: Spec, log: Log, threads: int = 1, seen: Seen | None = None) -> Profile:
    """Return the profile of a log, counted by this process on so many threads; the same bytes for any number."""
    if threads <= 1:
        return work(spec, log, [Shard(path) for path in log.paths], seen)
    pieces = shards(log)
    with ThreadPoolExecutor(threads) as pool:
        return merged(spec, list(pool.map(lambda i: work(spec, log, pieces[i::threads], seen), range(threads))))


def merged(spec: Spec, parts: Sequence[Profile]) -> Profile:
    """Return the profile of all parts, merged pairwise, so that no profile is copied more than log2 times.

    >>> merged(Spec(), []).rows
    0
    """
    while len(parts) > 1:
        parts = [reduce(Profile.merge, parts[i : i + 2]) for i in range(0, len(parts), 2)]
    return parts[0] if parts else Profile.empty(spec)


def spark(session: Any, spec: Spec, log: Log, partitions: int = 0) -> Profile:  # noqa: ANN401  (pyspark is an extra)
    """Return the profile of a log, counted by a Spark cluster whose workers can read the same paths.

    Names of pieces are dealt out, each worker sends back one profile as bytes, or why there is none; a lost partition
    is simply counted again.
    """
    pieces = shards(log)
    number = {path: place for place, path in enumerate(log.paths)}
    names = [(number[piece.file], -1 if piece.group is None else piece.group) for piece in pieces]
    dealt = session.createDataFrame(names, "file int, part int")
    dealt = dealt.repartition(partitions or min(len(pieces), session.sparkContext.defaultParallelism))

    def counted(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = sorted((row["file"], row["part"]) for batch in batches for row in batch.to_pylist())
        hand = [Shard(log.paths[file], None if part < 0 else part) for file, part in rows]
        yield pa.RecordBatch.from_pydict({"profile": [_packed(spec, log, hand)]})

    rows = dealt.mapInArrow(counted, "profile binary").collect()
    return merged(spec, _unpacked([bytes(row["profile"]) for row in rows]))


def _packed(spec: Spec, log: Log, hand: Sequence[Shard]) -> bytes:
    """Return the profile as bytes behind a mark, or the refusal behind another: Spark would hide it in a trace."""
    try:
        return b"p" + work(spec, log, hand).to_bytes()
    except Refused as refused:
        return b"r" + pickle.dumps(refused)


def _unpacked(packed: Sequence[bytes]) -> list[Profile]:
    """Return the profiles that `_packed` packed; raise the refusal that comes first in the log, where there is one."""
    refused = [pickle.loads(one[1:]) for one in packed if one[:1] == b"r"]  # noqa: S301  (from our own workers)
    if refused:
        raise min(refused, key=lambda one: (str(one.facts.get("file")), one.facts.get("row_group") or 0))
    return [Profile.from_bytes(one[1:]) for one in packed]


@dataclass(frozen=True)
class Hands:
    """Who counts: the engine, on how many threads (0: what suits it), and who is told of rows that were read."""

    engine: str = "local"
    threads: int = 0
    seen: Seen | None = None


def counted(spec: Spec, log: Log, hands: Hands) -> Profile:
    """Return the profile of a log, the same bytes whoever counts it; raise NoEngine where the engine is not there."""
    return ENGINES[hands.engine](spec, log, hands)


def _locally(spec: Spec, log: Log, hands: Hands) -> Profile:
    return local(spec, log, max(1, hands.threads), hands.seen)


def _on_spark(spec: Spec, log: Log, hands: Hands) -> Profile:
    session = cluster.session(hands.threads)
    with cluster.failures():
        return spark(session, spec, log)


ENGINES: dict[str, Callable[[Spec, Log, Hands], Profile]] = {"local": _locally, "spark": _on_spark}
