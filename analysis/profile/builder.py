"""Reads record batches into a profile: one pass, bounded memory, the same counts for any batch size.

Each function below counts one thing of a batch; `Builder.add` runs through them.
"""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.profile.cells import CELLS, Coarse, Ints, is_nan, split
from analysis.profile.profile import Profile
from analysis.profile.rows import Rows
from analysis.profile.tally import Tally
from analysis.spec import ATTRIBUTION, Number, Spec

CHUNK = 1 << 17  # rows counted at a time: small batches wait, large ones are sliced
BINS = 32  # of the hourly view
FINE = 256  # hourly sums are in scale / 256, held to ± 2**30, so that they are integers
GROUPS = 16  # groups of an attribute in the hourly view; the last is all others


def count(spec: Spec, batches: Iterable[pa.RecordBatch]) -> Profile:
    """Return the profile of these record batches."""
    builder = Builder(spec)
    for batch in batches:
        builder.add(batch)
    return builder.profile()


class Builder:
    """Adds record batches up; `profile` returns what was counted so far."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._tally = Tally(spec.bound)
        self._waiting: list[pa.RecordBatch] = []
        self._coarse = {name: Coarse(number.scale).table() for name, number in _hourly(spec).items()}

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
        is_attribution = name.startswith("attribution:")
        key, low = split(np.abs(x) if is_attribution else x, number.origin)
        self._tally.cells(name, key, low)
        self._tally.counts[f"null:{name}"] += rows.nulls(column)
        self._tally.counts[f"nan:{name}"] += int(np.count_nonzero(is_nan(key))) - rows.nulls(column)
        if x.dtype.kind != "f" or not np.isnan(x).all():
            self._tally.span(name, float(np.fmin.reduce(x)), float(np.fmax.reduce(x)))
        if name in self._coarse:
            hourly(self._tally, rows, name, (x, number, self._coarse[name][key]))
        if name == "latency":
            self._tally.table("hour.latency", *_crossed(rows.hours[rows.hour] * CELLS + key))
        if name == "score" and rows.label is not None:
            scored(self._tally, rows, key, low)


def _hourly(spec: Spec) -> dict[str, Number]:
    return {"score": spec.score} | {f"number:{name}": number for name, number in spec.numbers.items()}


def _crossed(keys: Ints) -> tuple[Ints, Ints]:
    names, counts = np.unique(keys, return_counts=True)
    return names, counts.reshape(-1, 1)


def traffic(tally: Tally, rows: Rows, spec: Spec) -> None:
    """Count rows, errors, decisions, versions and the columns that are there."""
    tally.counts["rows"] += rows.n
    known = rows.moments[rows.moments > 0] if rows.moments is not None else np.zeros(0, np.int64)
    if len(known):
        tally.span("time", float(known.min()), float(known.max()))
    parts = [np.ones(rows.n, np.int64), rows.failed, rows.decision < 2, rows.decision == 1]
    tally.table("hour", rows.hours, rows.by_hour(parts))
    for name in rows.columns:
        tally.levels("columns", [name], np.array([[rows.n]]), spec.features)
    for role in ("model_version", "model_id", "error", "decision", "label"):
        if (told := rows.texts(spec.column(role))) is not None:
            ones = np.bincount(told.codes, minlength=len(told.names) + 1)
            tally.levels(f"{'outcome.' if role == 'label' else ''}{role}", told.names, ones.reshape(-1, 1), ())
            if role == "model_version" and len(known):
                _versions(tally, rows, told.codes, told.names)
    if rows.label is not None:
        known_both = (rows.label < 2) & (rows.decision < 2)
        tally.table("outcome.hour", rows.hours, rows.by_hour([rows.label < 2, known_both, known_both & rows.correct]))


def _versions(tally: Tally, rows: Rows, codes: NDArray[np.int32], names: list[str]) -> None:
    for i, name in enumerate(names):
        seen = rows.at[codes == i]
        if len(seen := seen[seen > 0]):
            tally.span(f"version:{name}", float(seen.min()), float(seen.max()))


def hourly(tally: Tally, rows: Rows, name: str, what: tuple[NDArray[np.generic], Number, NDArray[np.uint8]]) -> None:
    """Count the 32 coarse bins, NaN with nulls, and the sum in fixed point, by hour."""
    x, number, bins = what
    h = len(rows.hours)
    binned = np.bincount(rows.hour * (BINS + 1) + bins, minlength=h * (BINS + 1)).reshape(h, BINS + 1)
    with np.errstate(invalid="ignore", over="ignore"):
        fixed = np.rint((x.astype(np.float64) - number.origin) * (FINE / number.scale))
    fixed = np.clip(np.nan_to_num(fixed, nan=0.0), -(2**30), 2**30)
    sums = np.bincount(rows.hour, weights=fixed, minlength=h).astype(np.int64)
    tally.table(f"hour.{name}", rows.hours, np.c_[binned[:, BINS], sums, binned[:, :BINS]])


def category(tally: Tally, rows: Rows, name: str, pinned: tuple[str, ...]) -> None:
    """Count values, and by hour: nulls, each of 30 pinned values, the other pinned ones, all others."""
    told = rows.texts(name)
    if told is None:
        return
    tally.levels(
        f"category:{name}", told.names, np.bincount(told.codes, minlength=len(told.names) + 1)[:, None], pinned
    )
    place = {value: min(i, 30) for i, value in enumerate(pinned)}
    bins = np.array([*(1 + place.get(value, 31) for value in told.names), 0])[told.codes]
    h = len(rows.hours)
    binned = np.bincount(rows.hour * 33 + bins, minlength=h * 33).reshape(h, 33)
    tally.table(f"hour.category:{name}", rows.hours, binned)


def group(tally: Tally, rows: Rows, attribute: tuple[str, ...], spec: Spec) -> None:
    """Count rows, decisions and favourable ones by group, by hour too, and labels against decisions."""
    told = rows.joined(attribute)
    if told is None:
        return
    name, g = " & ".join(attribute), len(told.names) + 1
    pinned = spec.protected.get(name, ())
    by_decision = np.bincount(told.codes * 3 + rows.decision, minlength=g * 3).reshape(g, 3)
    counts = np.c_[by_decision.sum(axis=1), by_decision[:, :2].sum(axis=1), by_decision[:, 1]]
    tally.levels(f"group:{name}", told.names, counts, pinned)
    place = {value: min(i, GROUPS - 1) for i, value in enumerate(pinned)}
    bins = np.array([*(place.get(value, GROUPS - 1) for value in told.names), GROUPS - 1])[told.codes]
    cross, h = (rows.hour * GROUPS + bins) * 2, len(rows.hours)
    seen = np.bincount(cross[rows.decision < 2], minlength=h * GROUPS * 2)
    fine = np.bincount(cross[rows.decision == 1] + 1, minlength=h * GROUPS * 2)
    tally.table(f"hour.group:{name}", rows.hours, (seen + fine).reshape(h, GROUPS * 2))
    if rows.label is not None:
        cells = np.bincount((told.codes * 3 + rows.label) * 3 + rows.decision, minlength=g * 9).reshape(g, 9)[:, :6]
        both = (rows.label < 2) & (rows.decision < 2)
        right = np.bincount(told.codes[both & rows.correct], minlength=g)
        tally.levels(f"outcome.group:{name}", told.names, np.c_[cells, right], pinned)


def segment(tally: Tally, rows: Rows, name: str, spec: Spec) -> None:
    """Count rows, errors, decisions, favourable ones and the nulls of each feature by the values of one category."""
    told = rows.texts(name)
    if told is None:
        return
    g = len(told.names) + 1
    parts = [np.bincount(told.codes, minlength=g), np.bincount(told.codes[rows.failed], minlength=g)]
    parts += [np.bincount(told.codes[rows.decision < 2], minlength=g)]
    parts += [np.bincount(told.codes[rows.decision == 1], minlength=g)]
    for feature in spec.features:
        missing = rows.missing(feature)
        parts.append(np.zeros(g, np.int64) if missing is None else np.bincount(told.codes[missing], minlength=g))
    tally.levels(f"segment:{name}", told.names, np.stack(parts, axis=1), spec.categories.get(name, ()))


def scored(tally: Tally, rows: Rows, key: NDArray[np.uint16], low: NDArray[np.uint16]) -> None:
    """Count the score's cells apart for negative and positive labels."""
    for label in (0, 1):
        which = rows.label == label
        names = np.unique(key[which])
        count = np.bincount(key[which], minlength=CELLS)[names]
        bits = np.bincount(key[which], weights=low[which], minlength=CELLS)[names].astype(np.int64)
        tally.table("outcome.score", label * CELLS + names.astype(np.int64), np.c_[count, bits])
