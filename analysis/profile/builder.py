"""Reads record batches into a profile: one pass, bounded memory, the same counts for any batch size."""

import sys
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from analysis.profile import counting
from analysis.profile.cells import CELLS, coarse, split
from analysis.profile.counting import Loop
from analysis.profile.groups import category, group, scored, segment, traffic
from analysis.profile.profile import Profile
from analysis.profile.rows import Rows
from analysis.profile.tally import Tally
from analysis.spec import ATTRIBUTION, Number, Spec

WORTHWHILE = 1 << 21  # rows after which loading the compiled loop (about a second) pays
CHUNK = 1 << 17  # rows counted at a time: small batches wait, large ones are sliced


def count(spec: Spec, batches: Iterable[pa.RecordBatch]) -> Profile:
    """Return the profile of these record batches."""
    builder = Builder(spec)
    for batch in batches:
        builder.add(batch)
    return builder.profile()


class Builder:
    """Adds record batches up; `profile` returns what was counted so far."""

    def __init__(self, spec: Spec, loop: Loop | None = None) -> None:
        self.spec = spec
        self._tally = Tally(spec.bound, loop or (fastest() if "numba" in sys.modules else counting.PLAIN))
        self._may_switch = loop is None
        self._waiting: list[pa.RecordBatch] = []
        self._coarse = {name: coarse(number.scale) for name, number in _hourly(spec).items()}

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch, at once or together with the next ones; raise BadLog naming the column that does not fit."""
        if self._waiting and self._waiting[0].schema != batch.schema:
            self._flush()
        self._waiting.append(batch)
        if sum(b.num_rows for b in self._waiting) >= CHUNK:
            self._flush()

    def profile(self) -> Profile:
        """Return the profile of all rows added."""
        self._flush()
        tally = self._tally
        return Profile(self.spec, dict(tally.counts), dict(tally.spans), tally.tables(), tally.all_levels())

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            table = pa.Table.from_batches(waiting)
            for start in range(0, table.num_rows, CHUNK):
                self._count(Rows.of(table.slice(start, CHUNK), self.spec))

    def _count(self, rows: Rows) -> None:
        spec, tally = self.spec, self._tally
        if self._may_switch and tally.counts["rows"] > WORTHWHILE:
            tally.loop, self._may_switch = fastest(), False
        tally.expect(rows.n)
        traffic(tally, rows, spec)
        for name, number in spec.numbers.items():
            self._number(rows, f"number:{name}", name, number)
        self._number(rows, "score", spec.column("score"), spec.score)
        self._number(rows, "latency", spec.column("latency_ms"), Number(0.0, 1.0))
        for name in spec.attributions:
            self._number(rows, f"attribution:{name}", ATTRIBUTION + name, Number())
        for name, pinned in {**spec.categories, **spec.protected}.items():
            category(tally, rows, name, pinned)
        for attribute in (*((name,) for name in spec.protected), *spec.intersections):
            group(tally, rows, attribute, spec)
        for name in spec.segments:
            segment(tally, rows, name, spec)

    def _number(self, rows: Rows, name: str, column: str | None, number: Number) -> None:
        x = rows.numbers(column)
        if x is None:
            return
        tally = self._tally
        x = np.abs(x) if name.startswith("attribution:") else x
        bins = self._coarse.get(name)
        by_hour = (rows.runs, bins) if bins is not None else None
        hourly, (lowest, highest) = tally.loop.numeric(x, number, tally.cells(name), by_hour)
        tally.counts[f"null:{name}"] += rows.nulls(column)
        if lowest <= highest:
            tally.span(name, lowest, highest)
        if by_hour:
            tally.table(f"hour.{name}", rows.hours, hourly)
        if name == "latency":
            keys, counts = counting.crossed(rows.hour, split(x, number.origin)[0], len(rows.hours))
            tally.table("hour.latency", rows.hours[keys // CELLS] * CELLS + keys % CELLS, counts.reshape(-1, 1))
        if name == "score":
            scored(tally, rows, *split(x, number.origin))


def _hourly(spec: Spec) -> dict[str, Number]:
    return {"score": spec.score} | {f"number:{name}": number for name, number in spec.numbers.items()}


def fastest() -> Loop:
    """Return the compiled loops where numba is installed, else those in numpy; both give the same bits."""
    try:
        from analysis.profile import compiled  # noqa: PLC0415  (an extra)
    except ImportError:
        return counting.PLAIN
    return compiled.FAST
