"""Reads record batches into a profile: one pass, bounded memory, the same counts for any batch size."""

import sys
from collections import deque
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from analysis.profile import counting
from analysis.profile.columns import Named, Numbers
from analysis.profile.counting import MISSING, Loop
from analysis.profile.groups import Crossed, coded, group, latency, scored, traffic
from analysis.profile.profile import Profile
from analysis.profile.rows import Rows
from analysis.profile.tally import Tally
from analysis.spec import ATTRIBUTION, Number, Spec

WORTHWHILE = 1 << 21  # rows after which loading the compiled loop (about a second) pays
CHUNK = counting.SLICE  # rows counted at a time, at most
ENOUGH = 1 << 16  # rows that are worth a turn of their own: smaller batches wait for one another


def count(spec: Spec, batches: Iterable[pa.RecordBatch], loop: Loop | None = None) -> Profile:
    """Return the profile of these record batches; none is held on to while the next one is made."""
    builder = Builder(spec, loop)
    deque(map(builder.add, batches), maxlen=0)
    return builder.profile()


class Builder:
    """Adds record batches up; `profile` returns what was counted so far."""

    def __init__(self, spec: Spec, loop: Loop | None = None) -> None:
        self.spec = spec
        self._tally = Tally(spec.bound, loop or (fastest() if "numba" in sys.modules else counting.PLAIN))
        self._may_switch = loop is None
        self._waiting: list[pa.RecordBatch] = []
        self._named: dict[str, Named] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch, at once or together with the next ones; raise BadLog naming the column that does not fit."""
        if self._waiting and self._waiting[0].schema != batch.schema:
            self._flush()
        self._waiting.append(batch)
        if sum(b.num_rows for b in self._waiting) >= min(ENOUGH, CHUNK):
            self._flush()

    def profile(self) -> Profile:
        """Return the profile of all rows added."""
        self._flush()
        counts, tables = self._tally.tables()
        return Profile(self.spec, counts, dict(self._tally.spans), tables, self._tally.all_levels())

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            table = pa.Table.from_batches(waiting)
            for start in range(0, table.num_rows, CHUNK):
                self._count(table.slice(start, CHUNK))

    def _count(self, table: pa.Table) -> None:
        spec, tally = self.spec, self._tally
        if self._may_switch and tally.counts["rows"] > WORTHWHILE:
            tally.loop, self._may_switch = fastest(), False
        tally.expect(table.num_rows)
        rows = Rows.of(table, spec, tally.loop, self._named)
        traffic(tally, rows, spec)
        for name, number in spec.numbers.items():
            self._number(rows, f"number:{name}", name, number)
        self._number(rows, "score", spec.column("score"), spec.score)
        self._latency(rows, spec.column("latency_ms"))
        for name in spec.attributions:
            self._number(rows, f"attribution:{name}", ATTRIBUTION + name, Number())
        for name in {**spec.categories, **spec.protected}:
            coded(tally, rows, name, spec)
        for attributes in spec.intersections:
            if (told := rows.joined(attributes)) is not None:
                group(tally, " & ".join(attributes), Crossed(rows, told), spec)

    def _number(self, rows: Rows, name: str, column: str | None, number: Number) -> None:
        raw = rows.raw(column)
        if raw is None or column is None:
            return
        tally = self._tally
        raw = Numbers(np.abs(raw.values), raw.nulls) if name.startswith("attribution:") else raw
        hourly, ends = tally.loop.numeric(raw, number, tally.cells(name), rows.runs)
        tally.counts[f"null:{name}"] += rows.nulls(column)
        if ends[0] <= ends[1]:
            tally.span(name, *ends)
        if name.startswith(HOURLY):
            tally.table(f"hour.{name}", rows.hours, hourly)
            rows.lacks[column] = int(hourly[:, MISSING].sum())
        if name == "score":
            scored(tally, rows, raw.filled(), number.origin)

    def _latency(self, rows: Rows, column: str | None) -> None:
        raw = rows.raw(column)
        if raw is None or column is None:
            return
        x = raw.filled()
        self._tally.counts["null:latency"] += rows.nulls(column)
        ends = counting.ends(x)
        if ends[0] <= ends[1]:
            self._tally.span("latency", *ends)
        latency(self._tally, rows, x)


HOURLY = ("number:", "score")


def fastest() -> Loop:
    """Return the compiled loops where numba is installed, else those in numpy; both give the same bits."""
    try:
        from analysis.profile import compiled  # noqa: PLC0415  (an extra)
    except ImportError:
        return counting.PLAIN
    return compiled.FAST
