"""What is counted by text: traffic, categories, groups and segments; one function for each, one pass over the codes."""

import numpy as np
from numpy.typing import NDArray

from analysis.profile.cells import CELLS
from analysis.profile.counting import ONE, PACK, Codes
from analysis.profile.rows import Rows
from analysis.profile.tally import Tally
from analysis.spec import Spec

GROUPS = 16  # groups of an attribute in the hourly view; the last is all others
PLACES = 33  # of a category in the hourly view: missing, 30 pinned values, the other pinned ones, all others
ROLES = ("model_version", "model_id", "error", "decision", "label")


def traffic(tally: Tally, rows: Rows, spec: Spec) -> None:
    """Count rows, errors, decisions, versions and the columns that are there."""
    tally.counts["rows"] += rows.n
    known = rows.at[rows.at > 0]
    if len(known):
        tally.span("time", float(known.min()), float(known.max()))
    by_hour = tally.loop.cross((rows.hour, len(rows.hours)), (rows.failed, 2), (rows.decision, 3))
    parts = (by_hour.sum((1, 2)), by_hour[:, 1].sum(1), by_hour[:, :, :2].sum((1, 2)), by_hour[:, :, 1].sum(1))
    tally.table("hour", rows.hours, np.stack(parts, axis=1))
    for name in rows.columns:
        tally.levels("columns", [name], np.array([[rows.n]]), spec.features)
    for role in ROLES:
        if (told := rows.texts(spec.column(role))) is not None:
            ones = np.bincount(told.codes, minlength=len(told.names) + 1)
            tally.levels(f"{'outcome.' if role == 'label' else ''}{role}", told.names, ones.reshape(-1, 1), ())
            if role == "model_version" and len(known):
                _versions(tally, rows, told.codes, told.names)
    if rows.label is not None:
        _outcomes(tally, rows, rows.label)


def _versions(tally: Tally, rows: Rows, codes: NDArray[np.int32], names: list[str]) -> None:
    for i in np.flatnonzero(np.bincount(codes, minlength=len(names))[: len(names)]).tolist():
        seen = rows.at[(codes == i) & (rows.at > 0)]
        if len(seen):
            tally.span(f"version:{names[i]}", float(seen.min()), float(seen.max()))


def _outcomes(tally: Tally, rows: Rows, label: Codes) -> None:
    by_hour = tally.loop.cross((rows.hour, len(rows.hours)), (label, 3), (rows.decision, 3))
    right = np.bincount(rows.hour[rows.is_right], minlength=len(rows.hours))
    parts = (by_hour[:, :2].sum((1, 2)), by_hour[:, :2, :2].sum((1, 2)), right)
    tally.table("outcome.hour", rows.hours, np.stack(parts, axis=1))


def category(tally: Tally, rows: Rows, name: str, pinned: tuple[str, ...]) -> None:
    """Count values, and by hour: nulls, each of 30 pinned values, the other pinned ones, all others."""
    told = rows.texts(name)
    if told is None:
        return
    counts = np.bincount(told.codes, minlength=len(told.names) + 1)
    tally.levels(f"category:{name}", told.names, counts.reshape(-1, 1), pinned)
    place = {value: min(i, 30) for i, value in enumerate(pinned)}
    bins = np.array([*(1 + place.get(value, 31) for value in told.names), 0], np.int32)
    by_hour = tally.loop.cross((rows.hour, len(rows.hours)), (bins[told.codes], PLACES))
    tally.table(f"hour.category:{name}", rows.hours, by_hour)


def group(tally: Tally, rows: Rows, attribute: tuple[str, ...], spec: Spec) -> None:
    """Count rows, decisions and favourable ones by group, by hour too, and labels against decisions."""
    told = rows.joined(attribute)
    if told is None:
        return
    name, g = " & ".join(attribute), len(told.names) + 1
    pinned = spec.protected.get(name, ())
    place = {value: min(i, GROUPS - 1) for i, value in enumerate(pinned)}
    bins = np.array([*(place.get(value, GROUPS - 1) for value in told.names), GROUPS - 1], np.int32)
    counts = tally.loop.cross((told.codes, g), (rows.decision, 3))
    tally.levels(f"group:{name}", told.names, np.c_[counts.sum(1), counts[:, :2].sum(1), counts[:, 1]], pinned)
    cells = tally.loop.cross((rows.hour, len(rows.hours)), (bins[told.codes], GROUPS), (rows.decision, 3))
    placed = np.stack([cells[:, :, :2].sum(2), cells[:, :, 1]], axis=2)
    tally.table(f"hour.group:{name}", rows.hours, placed.reshape(len(rows.hours), GROUPS * 2))
    if rows.label is not None:
        outcomes = tally.loop.cross((told.codes, g), (rows.label, 3), (rows.decision, 3)).reshape(g, 9)[:, :6]
        right = np.bincount(told.codes[rows.is_right], minlength=g)
        tally.levels(f"outcome.group:{name}", told.names, np.c_[outcomes, right], pinned)


def segment(tally: Tally, rows: Rows, name: str, spec: Spec) -> None:
    """Count rows, errors, decisions, favourable ones and the nulls of each feature by the values of one category."""
    told = rows.texts(name)
    if told is None:
        return
    g = len(told.names) + 1
    cells = tally.loop.cross((told.codes, g), (rows.failed, 2), (rows.decision, 3))
    parts = [cells.sum((1, 2)), cells[:, 1].sum(1), cells[:, :, :2].sum((1, 2)), cells[:, :, 1].sum(1)]
    for feature in spec.features:
        missing = rows.missing(feature)
        parts.append(np.zeros(g, np.int64) if missing is None else np.bincount(told.codes[missing], minlength=g))
    tally.levels(f"segment:{name}", told.names, np.stack(parts, axis=1), spec.categories.get(name, ()))


def scored(tally: Tally, rows: Rows, key: NDArray[np.uint16], low: NDArray[np.uint16]) -> None:
    """Count the score's cells apart for both decisions, and for both labels."""
    by_decision = np.bincount(rows.decision.astype(np.int64) * CELLS + key, minlength=2 * CELLS)[: 2 * CELLS]
    tally.cells("score.decision", 2)[:] += by_decision.astype(np.uint64) << np.uint64(ONE)
    if rows.label is not None:
        place = rows.label.astype(np.int64) * CELLS + key
        both = np.bincount(place, weights=low + float(1 << PACK), minlength=2 * CELLS)[: 2 * CELLS].astype(np.uint64)
        held = tally.cells("outcome.score", 2)
        held += (both >> np.uint64(PACK)) << np.uint64(ONE)
        held += both & np.uint64((1 << PACK) - 1)
