"""Finds the spec of a log it has never seen: parts by column name, kinds by column type, pins from a sample.

The sample only decides how finely things are counted (origins, scales, which values surely keep a count of their own);
it is the first rows of the first baseline, and its spec then stays with the model.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from analysis.errors import BadSpec
from analysis.profile.columns import numbers, texts, whole
from analysis.spec import ATTRIBUTION, CONVENTION, FAVOURABLE, Number, Spec

PINNED = 256  # values of a category that are pinned, most frequent first
SEGMENTS, SEGMENT_VALUES = 8, 32  # categories by whose values nulls and errors are told apart


@dataclass(frozen=True)
class Told:
    """What a person said about the columns; the rest is found."""

    columns: Mapping[str, str] = field(default_factory=dict)  # role → column
    protected: tuple[str, ...] = ()
    intersections: tuple[tuple[str, ...], ...] = ()
    favourable: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def discover(sample: pa.Table, told: Told | None = None) -> Spec:
    """Return the spec of a log from a sample of it; raise BadSpec for a column that was named and is not there."""
    told = told or Told()
    _check(sample, told)
    roles = {role: told.columns.get(role, role) for role in CONVENTION}
    roles = {role: column for role, column in roles.items() if column in sample.column_names}
    taken = {*roles.values(), *told.ignored, *told.protected}
    free = [c for c in sample.column_names if c not in taken and not c.startswith(ATTRIBUTION)]
    categories = {name: _pinned(sample, name) for name in free if _is_text(sample.schema.field(name).type)}
    score = roles.get("score")
    favourable = told.favourable or _favourable(sample, roles.get("decision"))
    spec = Spec(
        roles=roles,
        numbers={name: _number(sample, name) for name in free if _is_number(sample.schema.field(name).type)},
        categories=categories,
        protected={name: _pinned(sample, name) for name in told.protected},
        intersections=told.intersections,
        segments=_segments(categories),
        attributions=tuple(c.removeprefix(ATTRIBUTION) for c in sample.column_names if c.startswith(ATTRIBUTION)),
        score=_number(sample, score) if score else Number(0.0, 0.125),
        favourable=favourable,
        positive=_positive(sample, roles, favourable),
        references=dict(told.references),
    )
    return Spec.from_json(spec.to_json())  # in the order of a stored one: no report depends on who counted


def _check(sample: pa.Table, told: Told) -> None:
    strange = [role for role in told.columns if role not in CONVENTION]
    if strange:
        raise BadSpec(role=strange[0], known=CONVENTION)
    named = (*told.columns.values(), *told.protected, *told.references, *(n for i in told.intersections for n in i))
    for column in named:
        if column not in sample.column_names:
            raise BadSpec(column=column, there=tuple(map(str, sample.column_names)))


def ignored(sample: pa.Table, spec: Spec) -> list[str]:
    """Return the columns that are counted nowhere: dates and nested values."""
    known = {*spec.roles.values(), *spec.features, *spec.protected}
    return [str(c) for c in sample.column_names if c not in known and not c.startswith(ATTRIBUTION)]


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return bool(is_text or pa.types.is_boolean(kind) or pa.types.is_null(kind))


def _is_number(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_number(kind.value_type)
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _pinned(sample: pa.Table, name: str) -> tuple[str, ...]:
    told = texts(whole(sample.column(name)), name)
    counts = np.bincount(told.codes, minlength=len(told.names) + 1)
    by_name: dict[str, int] = {}
    for value, n in zip(told.names, counts.tolist(), strict=False):
        by_name[value] = by_name.get(value, 0) + n
    frequent = sorted(filter(by_name.get, by_name), key=lambda value: (-by_name[value], value))
    return tuple(frequent[:PINNED])


def _segments(categories: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    few = [name for name, values in categories.items() if 2 <= len(values) <= SEGMENT_VALUES]
    return tuple(sorted(few, key=lambda name: (len(categories[name]), name))[:SEGMENTS])


def _number(sample: pa.Table, name: str) -> Number:
    """Return a coarse origin and scale, so that another sample of the same log most likely finds the same."""
    x = numbers(whole(sample.column(name)), name).filled().astype(np.float64)
    x = x[np.isfinite(x)]
    if not len(x):
        return Number()
    quarter, median, three = np.quantile(x, [0.25, 0.5, 0.75]).tolist()
    spread = (three - quarter) or float(np.abs(x - median).mean()) or abs(median) or 1.0
    scale = math.ldexp(1.0, max(-100, min(100, math.frexp(spread)[1] - 1)))
    step = scale / 4
    if np.array_equal(x, np.rint(x)):
        step = max(step, 1.0)
    return Number(round(median / step) * step, scale)


def _favourable(sample: pa.Table, column: str | None, wanted: str = "1") -> str:
    """Return the value that means yes: the one wanted, or the first word for yes that occurs."""
    if column is None:
        return wanted
    values = texts(whole(sample.column(column)), column).there
    if wanted in values:
        return wanted
    words = {value.strip().lower(): value for value in sorted(values)}
    return next((words[word] for word in FAVOURABLE if word in words), wanted)


def _positive(sample: pa.Table, roles: Mapping[str, str], favourable: str) -> str:
    """Return the label that the favourable decision foresees: known by its word, else the one it goes along with."""
    column, decision = roles.get("label"), roles.get("decision")
    found = _favourable(sample, column, favourable)
    if column is None or decision is None:
        return found
    told, said = (texts(whole(sample.column(name)), name) for name in (column, decision))
    if found in told.there or not told.there or favourable not in said.there:
        return found
    n = len(told.names) + 1
    is_favourable = said.codes == said.names.index(favourable)
    share = np.bincount(told.codes, is_favourable, n)[:-1] / np.maximum(np.bincount(told.codes, minlength=n)[:-1], 1)
    return told.names[int(np.argmax(share))]
