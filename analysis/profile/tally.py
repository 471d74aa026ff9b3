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

PENDING = 1 << 14  # rows that wait in small tables before they are added up
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
        self._levels: dict[str, dict[str | None, Ints]] = defaultdict(dict)
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
        if len(waiting) > 1 and sum(len(more) for more, _ in waiting[1:]) > PENDING:
            added = _added(waiting)
            waiting[:] = [(added.keys, added.values)]

    def levels(self, name: str, names: Names, values: Ints, pinned: Names) -> None:
        """Add rows of counts by text; the row past the last name is that of nulls."""
        held = self._levels[name]
        self._pinned[name] = frozenset(pinned)
        for i in np.flatnonzero(values.any(axis=1)).tolist():
            text = names[i] if i < len(names) else None
            held[text] = held[text] + values[i] if text in held else values[i].copy()
        if not held:
            held[None] = np.zeros(values.shape[1], np.int64)
        if len(held) > 8 * self.bound + len(pinned):
            self._settle(name)

    def _settle(self, name: str) -> Levels:
        new = Levels.of(self._levels.pop(name), self.bound, self._pinned[name])
        self._cut[name] = self._cut[name] + new if name in self._cut else new
        return self._cut[name]

    def span(self, name: str, lowest: float, highest: float) -> None:
        """Widen a range."""
        low, high = self.spans.get(name, (np.inf, -np.inf))
        self.spans[name] = (min(low, lowest), max(high, highest))

    def tables(self) -> dict[str, Table]:
        """Return every table; what lies in NaN cells and is no null is counted as NaN and dropped."""
        self._empty()
        numbers = {}
        for name, held in self._cells.items():
            nan = is_nan(held.keys % CELLS)
            if f"null:{name}" in self.counts:
                self.counts[f"nan:{name}"] += int(held.values[nan, 0].sum()) - self.counts[f"null:{name}"]
            numbers[name] = Table(held.keys[~nan], held.values[~nan])
        return numbers | {name: _added(waiting) for name, waiting in self._tables.items()}

    def all_levels(self) -> dict[str, Levels]:
        """Return every table by text."""
        for name in list(self._levels):
            self._settle(name)
        return dict(self._cut)


def _added(rows: list[tuple[Ints, Ints]]) -> Table:
    return Table.of(np.concatenate([keys for keys, _ in rows]), np.concatenate([values for _, values in rows]))
