"""What is counted by text: traffic, categories, groups and segments, all folded from one crossing of codes a column."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.profile.cells import CELLS, Ints, split
from analysis.profile.columns import Texts
from analysis.profile.counting import ONE, Codes, folded
from analysis.profile.rows import STATE, STATES, Rows
from analysis.profile.tally import SCORED, Tally
from analysis.spec import Spec

GROUPS = 16  # groups of an attribute in the hourly view; the last is all others
PLACES = 33  # of a category in the hourly view: missing, 30 pinned values, the other pinned ones, all others
ROOM = 1 << 21  # counts of a crossing; where hours, states and values need more, they are crossed two by two
MOST = 1_000  # hours of a slice that may have a row of cells each
ROLES = ("model_version", "model_id", "error", "decision", "label")


def _those(*sums: NDArray[np.bool_]) -> Ints:
    """Return a matrix that adds up counts by state: for each sum, which states are in it."""
    return np.stack(sums, axis=1).astype(np.int64)


failed, said, label, right = np.indices(STATE).reshape(4, STATES)
TRAFFIC = _those(failed >= 0, failed == 1, said < 2, said == 1)  # rows, errors, decided, favourable
OUTCOMES = _those(label < 2, (label < 2) & (said < 2), right == 1)  # labelled, labelled and decided, right
GROUP = _those(said >= 0, said < 2, said == 1)  # rows, decided, favourable
BY_LABEL = _those(*((label == i) & (said == j) for i in (0, 1) for j in (0, 1, 2)), right == 1)


@dataclass(frozen=True)
class Crossed:
    """Counts of a column's values by hour and by what happened to the row."""

    rows: Rows
    told: Texts

    @property
    def n(self) -> int:
        """Return how many values there are, null included."""
        return len(self.told.names) + 1

    @cached_property
    def _whole(self) -> Ints | None:
        hours = len(self.rows.hours)
        if hours * STATES * self.n > ROOM:
            return None
        counts = self.rows.loop.cross(self.rows.hour_state, hours * STATES, self.told.codes, self.n)
        return counts.reshape(hours, STATES, self.n)

    @cached_property
    def counts(self) -> Ints:
        """Return the counts by value."""
        if "_whole" in self.__dict__ and self._whole is not None:
            return np.asarray(self._whole.sum(axis=(0, 1)))
        return self.rows.loop.count(self.told.codes, self.n)

    def by_hour(self, bins: Ints, k: int) -> Ints:
        """Return the counts by hour and by the bin, one of k, of each value."""
        if "_whole" in self.__dict__ and self._whole is not None:
            return folded(self._whole.sum(axis=1), bins, k)
        return self._crossed(self.rows.hour, len(self.rows.hours), bins, k)

    def by_hour_decision(self, bins: Ints, k: int) -> Ints:
        """Return the counts by hour, decision and bin."""
        hours, whole = len(self.rows.hours), self._whole
        if whole is not None:
            by_decision = whole.reshape(hours, *STATE, self.n).sum(axis=(1, 3, 4))
            return folded(by_decision.reshape(hours * 3, self.n), bins, k).reshape(hours, 3, k)
        together = self.rows.hour * np.uint32(3) + self.rows.decision
        return self._crossed(together, hours * 3, bins, k).reshape(hours, 3, k)

    def _crossed(self, codes: Codes, n: int, bins: Ints, k: int) -> Ints:
        """Return how often codes meet bins: of few values each is crossed, of many their bins."""
        loop, values = self.rows.loop, self.told.codes
        if n * self.n <= ROOM:
            return folded(loop.cross(codes, n, values, self.n), bins, k)
        return loop.cross(codes, n, loop.look(bins.astype(np.uint8), values), k)

    @cached_property
    def by_state(self) -> Ints:
        """Return the counts by value and by what happened."""
        whole = self._whole
        if whole is not None:
            return np.asarray(whole.sum(axis=0)).T
        return self.rows.loop.cross(self.rows.state, STATES, self.told.codes, self.n).T


def traffic(tally: Tally, rows: Rows, spec: Spec) -> None:
    """Count rows, errors, decisions, outcomes, versions and the columns that are there."""
    tally.counts["rows"] += rows.n
    if rows.span:
        tally.span("time", *map(float, rows.span))
    hours = len(rows.hours)
    by_hour = rows.loop.count(rows.hour_state, hours * STATES).reshape(hours, STATES)
    tally.table("hour", rows.hours, by_hour @ TRAFFIC)
    if rows.label is not None:
        tally.table("outcome.hour", rows.hours, by_hour @ OUTCOMES)
    seen = np.r_[np.full(len(rows.columns), rows.n), 0]
    tally.levels("columns", rows.columns, seen.reshape(-1, 1), spec.features)
    for role in ROLES:
        if (found := rows.texts(spec.column(role))) is not None:
            counts = rows.loop.count(found.codes, len(found.names) + 1)
            tally.levels(f"{'outcome.' if role == 'label' else ''}{role}", found.names, counts.reshape(-1, 1), ())
            if role == "model_version":
                _versions(tally, rows, found, counts)


def _versions(tally: Tally, rows: Rows, told: Texts, counts: Ints) -> None:
    for i in np.flatnonzero(counts[:-1]).tolist():
        if counts[i] == rows.n and rows.span:
            tally.span(f"version:{told.names[i]}", *map(float, rows.span))
            continue
        seen = rows.at[(told.codes == i) & (rows.at > 0)]
        if len(seen):
            tally.span(f"version:{told.names[i]}", float(seen.min()), float(seen.max()))


def coded(tally: Tally, rows: Rows, name: str, spec: Spec) -> None:
    """Count a column of texts: as a category, and as a segment or a protected attribute where it is one."""
    told = rows.texts(name)
    if told is None:
        return
    crossed = Crossed(rows, told)
    if name in spec.segments:
        _segment(tally, name, crossed, spec)
    if name in spec.protected:
        group(tally, name, crossed, spec)
    pinned = (spec.protected if name in spec.protected else spec.categories)[name]
    tally.levels(f"category:{name}", told.names, crossed.counts.reshape(-1, 1), pinned)
    place = {value: min(i, 30) for i, value in enumerate(pinned)}
    bins = np.array([*(1 + place.get(value, 31) for value in told.names), 0])
    tally.table(f"hour.category:{name}", rows.hours, crossed.by_hour(bins, PLACES))


def group(tally: Tally, name: str, crossed: Crossed, spec: Spec) -> None:
    """Count rows, decisions and favourable ones by group, by hour too, and labels against decisions."""
    rows, names, by_state = crossed.rows, crossed.told.names, crossed.by_state
    pinned = spec.protected.get(name, ())
    tally.levels(f"group:{name}", names, by_state @ GROUP, pinned)
    place = {value: min(i, GROUPS - 1) for i, value in enumerate(pinned)}
    bins = np.array([*(place.get(value, GROUPS - 1) for value in names), GROUPS - 1])
    by_decision = crossed.by_hour_decision(bins, GROUPS)
    placed = np.stack([by_decision[:, :2].sum(axis=1), by_decision[:, 1]], axis=2)
    tally.table(f"hour.group:{name}", rows.hours, placed.reshape(len(rows.hours), GROUPS * 2))
    if rows.label is not None:
        tally.levels(f"outcome.group:{name}", names, by_state @ BY_LABEL, pinned)


def _segment(tally: Tally, name: str, crossed: Crossed, spec: Spec) -> None:
    """Count rows, errors, decisions, favourable ones and the nulls of each feature by the values of one category."""
    rows, n, by_state = crossed.rows, crossed.n, crossed.by_state
    parts = [*(by_state @ TRAFFIC).T]
    parts += [np.bincount(crossed.told.codes[rows.missing(feature)], minlength=n) for feature in spec.features]
    tally.levels(f"segment:{name}", crossed.told.names, np.stack(parts, axis=1), spec.categories.get(name, ()))


def scored(tally: Tally, rows: Rows, x: NDArray[np.generic], origin: float) -> None:
    """Count the score's cells apart by decision and label."""
    both = rows.decision * np.uint8(3) + (np.uint8(2) if rows.label is None else rows.label)
    rows.loop.pile(x, origin, both, tally.cells(SCORED, 9))


def latency(tally: Tally, rows: Rows, x: NDArray[np.generic]) -> None:
    """Count the latency's cells, in all and by hour."""
    if len(rows.hours) > MOST:  # the times are in no order, or years apart
        rows.loop.pile(x, 0.0, np.zeros(rows.n, np.uint8), tally.cells("latency"))
        keys, counts = np.unique(rows.hours[rows.hour] * CELLS + split(x, 0.0)[0], return_counts=True)
        tally.table("hour.latency", keys, counts.reshape(-1, 1))
        return
    cells, by_hour = rows.loop.apart(x, 0.0, rows.hour, len(rows.hours))
    tally.cells("latency")[cells] += by_hour.sum(axis=0, dtype=np.uint64)
    tally.grid("hour.latency", rows.hours, cells, (by_hour >> np.uint64(ONE)).astype(np.int64))
