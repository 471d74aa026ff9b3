"""`Tally`: where counts pile up while a log is read; at its end it becomes a `Profile`.

Numbers pile up in dense arrays (touched pages only), everything else in small tables that are added up now and then.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from analysis.profile.cells import CELLS, Ints, is_nan
from analysis.profile.counting import FULL, Loop, Packed, unpacked
from analysis.profile.levels import Levels
from analysis.profile.table import Table

PENDING = 1 << 17  # rows that wait in small tables before they are added up
ROOM = 1 << 22  # counts of a grid before it becomes a table
SCORED = "score by decision and label"  # key = (decision · 3 + label) · 65,536 + cell
Names = Sequence[str]


class Tally:
    """Counts that grow."""

    def __init__(self, bound: int, loop: Loop) -> None:
        self.bound, self.loop = bound, loop
        self.counts: Counter[str] = Counter()
        self.spans: dict[str, tuple[float, float]] = {}
        self._cells: dict[str, Table] = {}
        self._packed: dict[str, Packed] = {}
        self._room = FULL
        self._tables: dict[str, list[tuple[Ints, Ints]]] = defaultdict(list)
        self._pending: Counter[str] = Counter()
        self._grids: dict[str, Grid] = {}
        self._levels: dict[str, Pile] = {}
        self._cut: dict[str, Levels] = {}
        self._pinned: dict[str, frozenset[str]] = {}

    def cells(self, name: str, parts: int = 1) -> Packed:
        """Return the packed cells of a column, once for each of its parts, to be added to."""
        if name not in self._packed:
            self._packed[name] = np.zeros(parts * CELLS, np.uint64)
        return self._packed[name]

    def expect(self, rows: int) -> None:
        """Make room for so many rows in the packed cells."""
        if rows > self._room:
            self._empty()
        self._room -= rows

    def _empty(self) -> None:
        for name, packed in self._packed.items():
            there = np.flatnonzero(packed)
            new = Table(there.astype(np.int64), unpacked(packed[there]))
            self._cells[name] = self._cells[name] + new if name in self._cells else new
            packed[:] = 0
        self._room = FULL

    def table(self, name: str, keys: Ints, values: Ints) -> None:
        """Add rows of counts by an integer key."""
        waiting = self._tables[name]
        waiting.append((keys, values))
        self._pending[name] += len(keys)
        if self._pending[name] > PENDING:
            added = _added(waiting)
            waiting[:], self._pending[name] = [(added.keys, added.values)], 0

    def grid(self, name: str, keys: Ints, cells: Ints, counts: Ints) -> None:
        """Add counts of cells by an integer key, kept as a table with key · 65,536 + cell."""
        grid = self._grids.setdefault(name, Grid())
        grid.add(keys, cells, counts)
        if grid.counts.size > ROOM:
            self.table(name, *self._grids.pop(name).rows())

    def levels(self, name: str, names: Names, values: Ints, pinned: Names) -> None:
        """Add rows of counts by text; the row past the last name is that of nulls."""
        if name not in self._levels:
            self._levels[name] = Pile(values.shape[1])
            self._pinned[name] = frozenset(pinned)
        self._levels[name].add(names, values)
        if len(self._levels[name].place) > 8 * self.bound + len(pinned):
            self._settle(name)

    def _settle(self, name: str) -> Levels:
        pile = self._levels.pop(name)
        new = Levels.of(pile.held(), self.bound, self._pinned[name])
        self._cut[name] = self._cut[name] + new if name in self._cut else new
        return self._cut[name]

    def span(self, name: str, lowest: float, highest: float) -> None:
        """Widen a range."""
        low, high = self.spans.get(name, (np.inf, -np.inf))
        self.spans[name] = (min(low, lowest), max(high, highest))

    def tables(self) -> tuple[dict[str, int], dict[str, Table]]:
        """Return every count and every table; what lies in NaN cells and is no null is counted as NaN and dropped."""
        self._empty()
        for name, grid in self._grids.items():
            self.table(name, *grid.rows())
        self._grids.clear()
        counts, numbers = dict(self.counts), {}
        for name, held in {**self._cells, **self._scores()}.items():
            nan = is_nan(held.keys % CELLS)
            if f"null:{name}" in counts:
                counts[f"nan:{name}"] = int(held.values[nan, 0].sum()) - counts[f"null:{name}"]
            numbers[name] = Table(held.keys[~nan], held.values[~nan])
        numbers.pop(SCORED, None)
        return counts, numbers | {name: _added(waiting) for name, waiting in self._tables.items()}

    def _scores(self) -> dict[str, Table]:
        """Return the score's cells by decision and those by label, from those by both."""
        if SCORED not in self._cells:
            return {}
        held = self._cells[SCORED]
        both, cell = np.divmod(held.keys, CELLS)
        decision, label = np.divmod(both, 3)
        said, told = decision < 2, label < 2
        counts = np.stack([held.values[:, 0], np.zeros(len(held.keys), np.int64)], axis=1)
        found = {"score.decision": Table.of((decision * CELLS + cell)[said], counts[said])}
        if "outcome.label" in self._levels or "outcome.label" in self._cut:
            found["outcome.score"] = Table.of((label * CELLS + cell)[told], held.values[told])
        return found

    def all_levels(self) -> dict[str, Levels]:
        """Return every table by text."""
        for name in list(self._levels):
            self._settle(name)
        return dict(self._cut)


class Grid:
    """Counts of cells by a key, dense over the keys and cells seen so far."""

    def __init__(self) -> None:
        self.counts = np.zeros((64, 1024), np.int64)
        self._key: dict[int, int] = {}
        self._place = np.full(CELLS, -1)
        self._cells = 0

    def add(self, keys: Ints, cells: Ints, counts: Ints) -> None:
        """Add one row of counts for each key, one column for each cell."""
        new = cells[self._place[cells] < 0]
        self._place[new] = np.arange(self._cells, self._cells + len(new))
        self._cells += len(new)
        rows = np.array([self._key.setdefault(key, len(self._key)) for key in keys.tolist()], np.int64)
        height, width = self.counts.shape
        if len(self._key) > height or self._cells > width:
            more = [(0, 2 * max(0, len(self._key) - height)), (0, 2 * max(0, self._cells - width))]
            self.counts = np.pad(self.counts, more)
        self.counts[np.ix_(rows, self._place[cells])] += counts

    def rows(self) -> tuple[Ints, Ints]:
        """Return key · 65,536 + cell, and the count, of what occurred."""
        key, cell = np.nonzero(self.counts)
        seen = np.flatnonzero(self._place >= 0)
        cells = np.zeros(self._cells, np.int64)
        cells[self._place[seen]] = seen
        keys = np.array(list(self._key), np.int64)
        return keys[key] * CELLS + cells[cell], self.counts[key, cell].reshape(-1, 1)


class Pile:
    """Rows of counts by text that grow; slices mostly come with the same names, whose places are kept."""

    def __init__(self, width: int) -> None:
        self.place: dict[str | None, int] = {None: 0}
        self._values = np.zeros((64, width), np.int64)
        self._last: tuple[Names, Ints] = ((), np.zeros(1, np.int64))

    def add(self, names: Names, values: Ints) -> None:
        """Add a row to each name's, and the last one to that of nulls."""
        if self._last[0] is not names:
            self._last = (names, np.array([self.place.setdefault(one, len(self.place)) for one in (*names, None)]))
        if len(self.place) > len(self._values):
            more = np.zeros((2 * len(self.place) - len(self._values), self._values.shape[1]), np.int64)
            self._values = np.concatenate([self._values, more])
        np.add.at(self._values, self._last[1], values)

    def held(self) -> dict[str | None, Ints]:
        """Return each name's counts."""
        return {name: self._values[i] for name, i in self.place.items()}


def _added(rows: list[tuple[Ints, Ints]]) -> Table:
    return Table.of(np.concatenate([keys for keys, _ in rows]), np.concatenate([values for _, values in rows]))
