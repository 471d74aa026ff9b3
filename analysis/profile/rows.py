"""`Rows`: a slice of the log with the parts its columns play worked out once, for all that count it."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.profile import columns
from analysis.profile.cells import Ints
from analysis.profile.columns import HOUR, NO_TIME, NOWHERE, Named, Numbers, Texts
from analysis.profile.counting import PLAIN, Codes, Hours, Loop
from analysis.spec import Spec

NO_HOUR = -1  # rows without a time are counted there; such a row is in no hourly comparison
MOST = 1_000 * HOUR  # in order, a slice that spans no more is cut at its hours; every row of another is looked at
STATE = (2, 3, 3, 2)  # what happened to a row: failed, its decision, its label, whether the two agree
STATES = 36


@dataclass
class Rows:
    """A slice of the log; columns are converted when first asked for, and once."""

    table: pa.Table
    spec: Spec
    loop: Loop
    named: dict[str, Named]  # of the slices before, so that names are made once
    lacks: dict[str, int] = field(default_factory=dict)  # how many numbers are null or NaN, where that is known
    _raw: dict[str, Numbers] = field(default_factory=dict)
    _texts: dict[str, Texts] = field(default_factory=dict)
    _missing: dict[str, Ints] = field(default_factory=dict)

    @classmethod
    def of(cls, table: pa.Table, spec: Spec, loop: Loop = PLAIN, named: dict[str, Named] | None = None) -> "Rows":
        """Return the rows of a table; `named` keeps the names of columns from slice to slice."""
        return cls(table, spec, loop, {} if named is None else named)

    @property
    def n(self) -> int:
        """Return how many rows there are."""
        return int(self.table.num_rows)

    @cached_property
    def columns(self) -> list[str]:
        """Return the names of the columns that are there."""
        return [str(name) for name in self.table.column_names]

    def array(self, name: str | None) -> pa.Array | None:
        """Return a column, or None where the log has none of that name."""
        if name is None or name not in self.columns:
            return None
        return columns.whole(self.table.column(name))

    def raw(self, name: str | None) -> Numbers | None:
        """Return a column as numbers, and where there is none."""
        if name is not None and name not in self._raw and (array := self.array(name)) is not None:
            self._raw[name] = columns.numbers(array, name)
        return self._raw.get(name or "")

    def numbers(self, name: str | None) -> NDArray[np.generic] | None:
        """Return a column as numbers, nulls as NaN."""
        raw = self.raw(name)
        return None if raw is None else raw.filled()

    def texts(self, name: str | None) -> Texts | None:
        """Return a column as texts."""
        if name is not None and name not in self._texts and (array := self.array(name)) is not None:
            self._texts[name] = columns.texts(array, name, self.named)
        return self._texts.get(name or "")

    def joined(self, names: tuple[str, ...]) -> Texts | None:
        """Return several columns as one: `Female & Black`; null where one is."""
        parts = [self.texts(name) for name in names]
        if any(part is None for part in parts):
            return None
        told = parts[0]
        for part in parts[1:]:
            told = _crossed(told, part)  # type: ignore[arg-type]
        return told

    def nulls(self, name: str | None) -> int:
        """Return how many nulls a column has."""
        return int(self.table.column(name).null_count) if name in self.columns else 0

    def missing(self, name: str) -> Ints:
        """Return which rows lack a feature (null or NaN)."""
        if name not in self._missing:
            self._missing[name] = self._lacking(name)
        return self._missing[name]

    def _lacking(self, name: str) -> Ints:
        if name in self.spec.numbers:
            raw = self.raw(name)
            if raw is None or self.lacks.get(name) == len(raw.nulls):
                return NOWHERE if raw is None else raw.nulls
            return np.flatnonzero(np.isnan(raw.filled()))
        told = self.texts(name)
        return NOWHERE if told is None or not self.nulls(name) else np.flatnonzero(told.codes == len(told.names))

    @cached_property
    def at(self) -> Ints:
        """Return each row's time in milliseconds since 1970, NO_TIME where unknown."""
        column = self.spec.column("timestamp")
        array = self.array(column)
        return np.full(self.n, NO_TIME, np.int64) if array is None else columns.hours(array, str(column))

    @cached_property
    def span(self) -> tuple[int, int] | None:
        """Return the first and the last time that is known."""
        known = self.at if not self.n or self.at.min() > 0 else self.at[self.at > 0]
        return (int(known.min()), int(known.max())) if len(known) else None

    @property
    def hours(self) -> Ints:
        """Return the hours that occur, since 1970."""
        return self._hours[0]

    @property
    def hour(self) -> Codes:
        """Return each row's place in `hours`."""
        return self._hours[1].place

    @property
    def runs(self) -> Hours:
        """Return the places of rows among the hours, and the runs of one hour."""
        return self._hours[1]

    @cached_property
    def _hours(self) -> tuple[Ints, Hours]:
        if not self.n:
            return NOWHERE, Hours(np.zeros(0, np.uint32), 0, np.zeros(1, np.int64))
        starts = self._starts()
        names, place = np.unique(_hour(self.at[starts[:-1]]), return_inverse=True)
        return names, Hours(np.repeat(place.astype(np.uint32), np.diff(starts)), len(names), starts)

    def _starts(self) -> Ints:
        """Return where a new hour begins, and the number of rows."""
        first, last = int(self.at[0]), int(self.at[-1])
        if first > 0 and last - first < MOST and (self.at[1:] >= self.at[:-1]).all():
            edges = np.arange(first // HOUR + 1, last // HOUR + 1) * HOUR
            return np.unique(np.r_[0, np.searchsorted(self.at, edges), self.n])
        hour = _hour(self.at)
        return np.concatenate([[0], np.flatnonzero(hour[1:] != hour[:-1]) + 1, [self.n]])

    @cached_property
    def failed(self) -> Codes:
        """Return 1 for requests that failed: an error that is not null, false, 0 or empty."""
        told = self.texts(self.spec.column("error"))
        if told is None:
            return np.zeros(self.n, np.uint8)
        return self.loop.look(np.array([*(name not in FINE for name in told.names), False], np.uint8), told.codes)

    @cached_property
    def decision(self) -> Codes:
        """Return 1 favourable, 0 unfavourable, 2 unknown."""
        return self._truth("decision", self.spec.favourable)

    @cached_property
    def label(self) -> Codes | None:
        """Return 1 positive, 0 negative, 2 unknown, or None where the log has no labels."""
        column = self.spec.column("label")
        return self._truth("label", self.spec.positive) if column in self.columns else None

    @cached_property
    def is_right(self) -> NDArray[np.bool_]:
        """Return where decision and label are known and say the same."""
        if self.label is None:
            return np.zeros(self.n, bool)
        return np.asarray(self._correct & (self.label < 2) & (self.decision < 2))

    @cached_property
    def _correct(self) -> NDArray[np.bool_]:
        """Return where decision and label say the same; for two classes named differently, by their parts."""
        said, true = self.texts(self.spec.column("decision")), self.texts(self.spec.column("label"))
        if said is None or true is None or self.spec.favourable != self.spec.positive:
            return np.asarray(self.decision == self.label)
        place = {name: i for i, name in enumerate(said.names)}
        same = np.array([*(place.get(name, -1) for name in true.names), -2], np.int32)
        return np.asarray(self.loop.look(same, true.codes) == said.codes)

    @cached_property
    def state(self) -> NDArray[np.uint8]:
        """Return what happened to each row as one number below `STATES`, made of the parts of `STATE`."""
        label = np.uint8(2) if self.label is None else self.label
        state = self.failed * np.uint8(3) + self.decision
        return np.asarray((state * np.uint8(3) + label) * np.uint8(2) + self.is_right)

    @cached_property
    def hour_state(self) -> Codes:
        """Return hour and state as one number."""
        together = self.hour * np.uint32(STATES)
        together += self.state
        return together

    def _truth(self, role: str, wanted: str) -> NDArray[np.uint8]:
        told = self.texts(self.spec.column(role))
        if told is None:
            return np.full(self.n, 2, np.uint8)
        return self.loop.look(np.array([*(int(name == wanted) for name in told.names), 2], np.uint8), told.codes)


FINE = frozenset({"", "0", "false", "False", "none", "None", "ok", "OK"})


def _hour(at: Ints) -> Ints:
    return np.asarray(np.where(at == NO_TIME, NO_HOUR, at // HOUR), np.int64)


def _crossed(a: Texts, b: Texts) -> Texts:
    names = [f"{x} & {y}" for x in a.names for y in b.names]
    width = len(b.names)
    codes = np.minimum(a.codes, max(len(a.names) - 1, 0)).astype(np.uint32) * width
    codes += np.minimum(b.codes, max(width - 1, 0))
    codes = np.where((a.codes == len(a.names)) | (b.codes == width), len(names), codes)
    return Texts(np.asarray(codes, np.uint32), names)
