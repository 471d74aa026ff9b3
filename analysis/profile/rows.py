"""`Rows`: a slice of the log with the parts its columns play worked out once, for all that count it."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.profile import columns
from analysis.profile.cells import Ints
from analysis.profile.columns import HOUR, NO_TIME, Texts
from analysis.profile.counting import Codes, Hours
from analysis.spec import Spec

NO_HOUR = -1  # rows without a time are counted there; such a row is in no hourly comparison


@dataclass
class Rows:
    """A slice of the log; columns are converted when first asked for, and once."""

    table: pa.Table
    spec: Spec
    _numbers: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    _texts: dict[str, Texts] = field(default_factory=dict)
    _missing: dict[str, NDArray[np.bool_] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, table: pa.Table, spec: Spec) -> "Rows":
        """Return the rows of a table."""
        return cls(table, spec)

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

    def numbers(self, name: str | None) -> NDArray[np.generic] | None:
        """Return a column as numbers, nulls as NaN."""
        if name is not None and name not in self._numbers and (array := self.array(name)) is not None:
            self._numbers[name] = columns.numbers(array, name)
        return self._numbers.get(name or "")

    def texts(self, name: str | None) -> Texts | None:
        """Return a column as texts."""
        if name is not None and name not in self._texts and (array := self.array(name)) is not None:
            self._texts[name] = columns.texts(array, name)
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

    def missing(self, name: str) -> NDArray[np.bool_] | None:
        """Return which rows lack a feature (null or NaN), or None where none does."""
        if name in self._numbers and name in self.spec.numbers:
            if name not in self._missing:
                x = self._numbers[name]
                has_none = x.dtype.kind != "f" or not np.isnan(np.min(x, initial=0.0))
                self._missing[name] = None if has_none else np.isnan(x)
            return self._missing[name]
        told = self.texts(name)
        return None if told is None or not self.nulls(name) else told.codes == len(told.names)

    @cached_property
    def at(self) -> Ints:
        """Return each row's time in milliseconds since 1970, NO_TIME where unknown."""
        column = self.spec.column("timestamp")
        array = self.array(column)
        return np.full(self.n, NO_TIME, np.int64) if array is None else columns.hours(array, str(column))

    @cached_property
    def _hours(self) -> tuple[Ints, Codes]:
        hour = np.where(self.at == NO_TIME, NO_HOUR, self.at // HOUR)
        steps = np.diff(hour)
        if (steps < 0).any():
            names, codes = np.unique(hour, return_inverse=True)
            return names, codes.astype(np.int32)
        return hour[np.r_[True, steps > 0]], np.r_[0, np.cumsum(steps > 0)].astype(np.int32)

    @property
    def hours(self) -> Ints:
        """Return the hours that occur, since 1970."""
        return self._hours[0]

    @property
    def hour(self) -> Codes:
        """Return each row's place in `hours`."""
        return self._hours[1]

    def by_hour(self, parts: list[NDArray[np.generic]]) -> Ints:
        """Return sums of 0/1 columns by hour."""
        return np.stack([np.bincount(self.hour, weights=p, minlength=len(self.hours)) for p in parts], 1).astype(
            np.int64
        )

    @cached_property
    def runs(self) -> Hours:
        """Return the places of rows among the hours, and the runs of one hour."""
        return Hours.of(self.hour, len(self.hours))

    @cached_property
    def failed(self) -> Codes:
        """Return 1 for requests that failed: an error that is not null, false, 0 or empty."""
        told = self.texts(self.spec.column("error"))
        if told is None:
            return np.zeros(self.n, np.int32)
        failed: Codes = np.array([*(name not in FINE for name in told.names), False], np.int32)[told.codes]
        return failed

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
        known = np.zeros(self.n, bool) if self.label is None else self.label < 2
        return np.asarray(self._correct & known & (self.decision < 2))

    @cached_property
    def _correct(self) -> NDArray[np.bool_]:
        """Return where decision and label say the same; for two classes named differently, by their parts."""
        said, true = self.texts(self.spec.column("decision")), self.texts(self.spec.column("label"))
        if said is None or true is None or self.spec.favourable != self.spec.positive:
            return np.asarray(self.decision == self.label)
        place = {name: i for i, name in enumerate(said.names)}
        same = np.array([*(place.get(name, -1) for name in true.names), -2])
        return np.asarray(same[true.codes] == said.codes)

    def _truth(self, role: str, wanted: str) -> Codes:
        told = self.texts(self.spec.column(role))
        if told is None:
            return np.full(self.n, 2, np.int32)
        truth: Codes = np.array([*(int(name == wanted) for name in told.names), 2], np.int32)[told.codes]
        return truth


FINE = frozenset({"", "0", "false", "False", "none", "None", "ok", "OK"})


def _crossed(a: Texts, b: Texts) -> Texts:
    names = [f"{x} & {y}" for x in a.names for y in b.names]
    width = len(b.names)
    codes = np.minimum(a.codes, max(len(a.names) - 1, 0)) * width + np.minimum(b.codes, max(width - 1, 0))
    codes = np.where((a.codes == len(a.names)) | (b.codes == width), len(names), codes)
    return Texts(codes.astype(np.int32), names)
