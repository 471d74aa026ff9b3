"""`tables`: rows counted by group, by the levels of several columns at once, and by event; exact integers.

A `Population` says which rows count, in which group, and what the event is; a `Player` turns columns into one number a
row. The arrays are as large as their levels, whatever the number of rows, and adding them up is exact: the same counts
for any split and order of the rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, reduce

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.profile.cells import CELLS, Ints, is_nan, order, split
from analysis.profile.rows import Rows
from analysis.spec import Spec

EVERYBODY = ("",)


class Event(StrEnum):
    """What is counted, and of which rows."""

    FAVOURABLE = "favourable"  # of rows with a decision
    QUALIFIED = "qualified"  # favourable, of rows with a decision and a positive label
    RIGHT = "right"  # of rows with a decision and a label
    NONE = "none"  # all rows are counted, nothing happens


@dataclass(frozen=True)
class Population:
    """Rows of some groups of an attribute (None: everybody is one group) and an event."""

    event: Event
    column: str | None
    groups: tuple[str, ...] = EVERYBODY

    def places(self, rows: Rows) -> tuple[Ints, NDArray[np.bool_]]:
        """Return each row's group, −1 for rows that do not count, and where the event is."""
        if self.event is Event.NONE:
            return self._groups(rows), np.zeros(rows.n, bool)
        counts = rows.decision < 2
        if self.event is not Event.FAVOURABLE:
            label = np.full(rows.n, 2) if rows.label is None else rows.label
            counts &= label == 1 if self.event is Event.QUALIFIED else label < 2
        happened = rows.is_right if self.event is Event.RIGHT else rows.decision == 1
        return np.where(counts, self._groups(rows), -1), np.asarray(happened)

    def _groups(self, rows: Rows) -> Ints:
        if self.column is None:
            return np.zeros(rows.n, np.int64)
        told = rows.joined(tuple(self.column.split(" & ")))
        if told is None:
            return np.full(rows.n, -1)
        place = {name: i for i, name in enumerate(self.groups)}
        return np.asarray(np.array([*(place.get(name, -1) for name in told.names), -1])[told.codes])


@dataclass(frozen=True, eq=False)
class Texts:
    """Levels of a column of texts: the values named, then those of `rest`, then any other, then null."""

    column: str
    names: tuple[str, ...]
    rest: frozenset[str]  # known values without a level of their own
    is_open: bool = False  # whether values that are not known may be known ones after all

    @property
    def n(self) -> int:
        """Return how many levels there are."""
        return len(self.names) + 3

    def levels(self, rows: Rows) -> Ints:
        """Return each row's level."""
        told, k = rows.texts(self.column), len(self.names)
        if told is None:
            return np.full(rows.n, k + 2)
        place = {name: i for i, name in enumerate(self.names)}
        other = [k if self.is_open or name in self.rest else k + 1 for name in told.names]
        level = [place.get(name, of) for name, of in zip(told.names, other, strict=True)]
        return np.asarray(np.array([*level, k + 2])[told.codes])


@dataclass(frozen=True, eq=False)
class Numbers:
    """Levels of a column of numbers: bins between right-closed borders of cells, then null."""

    column: str
    origin: float
    edges: Ints  # ranks of cells

    @property
    def n(self) -> int:
        """Return how many levels there are."""
        return len(self.edges) + 2

    def levels(self, rows: Rows) -> Ints:
        """Return each row's level."""
        x = rows.numbers(self.column)
        if x is None:
            return np.full(rows.n, self.n - 1)
        return self._of_cells[split(x, self.origin)[0]]

    @cached_property
    def _of_cells(self) -> Ints:
        cells = np.arange(CELLS)
        return np.where(is_nan(cells), self.n - 1, np.searchsorted(self.edges, order(cells), side="left"))


@dataclass(frozen=True, eq=False)
class Player:
    """One or several columns as one number a row; `strata` puts levels together."""

    cuts: tuple[Texts | Numbers, ...]
    strata: Ints | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns it is made of."""
        return tuple(cut.column for cut in self.cuts)

    @property
    def n(self) -> int:
        """Return how many numbers there are."""
        return int(np.prod([cut.n for cut in self.cuts])) if self.strata is None else int(self.strata.max()) + 1

    def codes(self, rows: Rows) -> Ints:
        """Return each row's number."""
        codes = reduce(lambda held, cut: held * cut.n + cut.levels(rows), self.cuts, np.zeros(rows.n, np.int64))
        return codes if self.strata is None else self.strata[codes]


@dataclass(frozen=True, eq=False)
class Plan:
    """What one table counts: a population by the joint levels of its players."""

    population: Population
    players: tuple[Player, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Return groups, the numbers of each player, and 2: without and with the event."""
        return (len(self.population.groups), *(player.n for player in self.players), 2)


def tables(spec: Spec, plans: Sequence[Plan], batches: Iterable[pa.RecordBatch]) -> list[Ints]:
    """Return the counts of every plan, all in one pass."""
    counts = [np.zeros(plan.shape, np.int64) for plan in plans]
    for batch in batches:
        rows = Rows.of(pa.Table.from_batches([batch]), spec)
        places = {one: one.places(rows) for one in dict.fromkeys(plan.population for plan in plans)}
        codes = {player: player.codes(rows) for player in dict.fromkeys(p for plan in plans for p in plan.players)}
        for i, plan in enumerate(plans):
            counts[i] += _counted(plan, places[plan.population], [codes[player] for player in plan.players])
    return counts


def _counted(plan: Plan, places: tuple[Ints, NDArray[np.bool_]], codes: Sequence[Ints]) -> Ints:
    place, happened = places
    for player, code in zip(plan.players, codes, strict=True):
        place = np.where(place < 0, -1, place * player.n + code)
    kept = place >= 0
    together = place[kept] * 2 + happened[kept]
    return np.bincount(together, minlength=int(np.prod(plan.shape))).reshape(plan.shape)
