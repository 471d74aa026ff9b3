"""`Profile`: a prediction log as counts. merge(profile(a), profile(b)) == profile(a + b), bit for bit.

What is counted, by name (f a feature, a an attribute):

    number:f score latency attribution:f    cells: count, sum of dropped bits
    hour                                    rows, errors, decided, favourable
    hour.number:f hour.score                missing, sum of the cells' middles in scale / 256, 32 coarse bins
    hour.category:f                         missing, 30 pinned values, other pinned values, all others
    hour.group:a                            decided and favourable of 16 groups
    hour.latency                            key = hour · 65,536 + cell: count
    category:f model_version model_id error decision columns    count by value
    group:a                                 rows, decided, favourable by group
    segment:f                               rows, errors, decided, favourable, nulls of each feature by value
    outcome.group:a                         label 0 and 1 × decision 0, 1, unknown; correct, by group
    score.decision                          key = decision · 65,536 + cell: count, 0
    outcome.score                           key = label · 65,536 + cell: count, dropped bits
    outcome.hour                            labelled, labelled and decided, correct
    outcome.label                           count by value

Labels come late: what begins with `outcome.` is read again and replaced until it is mature, never merged with its
former self. Counts are integers and ranges are minima and maxima, so no split or order of the rows shows.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np

from analysis.errors import ForeignProfile
from analysis.profile import encoding
from analysis.profile.cells import Ints
from analysis.profile.levels import Levels
from analysis.profile.table import Table
from analysis.spec import Spec

OUTCOME = "outcome."
Wanted = Callable[[str], bool]
T = TypeVar("T")


def moment(milliseconds: float) -> datetime:
    """Return the time of so many milliseconds since 1970.

    >>> moment(0.0).isoformat()
    '1970-01-01T00:00:00+00:00'
    """
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _joined(a: Mapping[str, T], b: Mapping[str, T], add: Callable[[T, T], T]) -> dict[str, T]:
    return {name: add(a[name], b[name]) if name in a and name in b else a.get(name, b.get(name)) for name in {**a, **b}}  # type: ignore[misc]


@dataclass(frozen=True)
class Profile:
    """The counts of a log."""

    spec: Spec
    counts: Mapping[str, int]
    spans: Mapping[str, tuple[float, float]]
    tables: Mapping[str, Table]
    levels: Mapping[str, Levels]

    @classmethod
    def empty(cls, spec: Spec) -> "Profile":
        """Return the profile that changes nothing when merged."""
        return cls(spec, {}, {}, {}, {})

    @property
    def rows(self) -> int:
        """Return how many rows were counted."""
        return self.counts.get("rows", 0)

    def table(self, name: str, width: int) -> Table:
        """Return a table; an empty one where nothing was counted."""
        return self.tables.get(name) or Table.empty(width)

    def level(self, name: str, width: int) -> Levels:
        """Return counts by text; empty where nothing was counted."""
        return self.levels.get(name) or Levels.of({}, self.spec.bound, (), width)

    def total(self, name: str, width: int) -> Ints:
        """Return the sums of a table over all its keys."""
        return self.table(name, width).total() if name in self.tables else np.zeros(width, np.int64)

    def has(self, column: str) -> bool:
        """Return whether the log had that column, in some of its rows."""
        return column in self.level("columns", 1).names

    @property
    def versions(self) -> dict[str, datetime | None]:
        """Return the model versions seen, and when first."""
        firsts = {name: self.spans.get(f"version:{name}") for name in self.level("model_version", 1).names}
        return {name: moment(span[0]) if span else None for name, span in firsts.items()}

    @property
    def since(self) -> datetime | None:
        """Return the time of the first row."""
        return moment(self.spans["time"][0]) if "time" in self.spans else None

    @property
    def until(self) -> datetime | None:
        """Return the time of the last row."""
        return moment(self.spans["time"][1]) if "time" in self.spans else None

    def merge(self, other: "Profile") -> "Profile":
        """Return the profile of both logs together; raise ForeignProfile where they were counted differently."""
        if self.spec.digest != other.spec.digest:
            raise ForeignProfile(ours=self.spec.digest[:12], theirs=other.spec.digest[:12])
        return Profile(
            self.spec,
            {name: self.counts.get(name, 0) + other.counts.get(name, 0) for name in {**self.counts, **other.counts}},
            _joined(self.spans, other.spans, lambda a, b: (min(a[0], b[0]), max(a[1], b[1]))),
            _joined(self.tables, other.tables, lambda a, b: a + b),
            _joined(self.levels, other.levels, lambda a, b: a + b),
        )

    def without_outcomes(self) -> "Profile":
        """Return the inputs and outputs alone."""
        return self._only(lambda name: not name.startswith(OUTCOME))

    def with_outcomes(self, newer: "Profile") -> "Profile":
        """Return this profile with the outcomes of another reading of the same rows in place of its own."""
        ours, theirs = self.without_outcomes(), newer._only(lambda name: name.startswith(OUTCOME))
        return Profile(
            self.spec, ours.counts, ours.spans, {**ours.tables, **theirs.tables}, {**ours.levels, **theirs.levels}
        )

    def _only(self, wanted: Wanted) -> "Profile":
        tables = {name: table for name, table in self.tables.items() if wanted(name)}
        levels = {name: level for name, level in self.levels.items() if wanted(name)}
        return Profile(self.spec, self.counts, self.spans, tables, levels)

    def to_bytes(self) -> bytes:
        """Return the profile as compact bytes, the same for the same counts."""
        return encoding.pack(encoding.Parts(self.spec, self.counts, self.spans, self.tables, self.levels))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Profile":
        """Return the profile that `to_bytes` wrote; raise BadProfile where it is none or damaged."""
        parts = encoding.unpack(data)
        return cls(parts.spec, parts.counts, parts.spans, parts.tables, parts.levels)

    @property
    def checksum(self) -> str:
        """Return the SHA-256 of all counts; the same on every engine and for every split of the rows."""
        parts = encoding.Parts(self.spec, self.counts, self.spans, self.tables, self.levels)
        return hashlib.sha256(encoding.payload(parts)).hexdigest()
