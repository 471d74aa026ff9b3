"""From an Arrow column to what can be counted: numbers, texts, moments. One value has one text, whatever its type.

Raises BadLog naming the column where its type does not fit the part it plays.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.errors import BadLog, Fault
from analysis.profile.cells import Ints

HOUR = 3_600_000  # milliseconds
NO_TIME = -(1 << 62)
# a bare integer is an epoch in seconds, milliseconds, microseconds or nanoseconds: the borders are in the year 5138
EPOCHS = ((1e11, 1000, 1), (1e14, 1, 1), (1e17, 1, 1000), (np.inf, 1, 1_000_000))


def whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return one array, dictionaries of numbers decoded."""
    if isinstance(column, pa.ChunkedArray) and column.num_chunks == 1:
        return column.chunk(0)
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # no chunk at all
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], column.type)
    return array


def numbers(column: pa.Array, name: str) -> NDArray[np.generic]:
    """Return the values as numbers, nulls as NaN; raise BadLog for text that is none."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return numbers(column.dictionary_decode(), name)
    if pa.types.is_temporal(kind):
        column = (
            column.cast(pa.timestamp("ms")).cast(pa.int64()) if not pa.types.is_duration(kind) else column.cast("int64")
        )
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        column = _double(column, name)
    values: NDArray[np.generic] = column.to_numpy(zero_copy_only=False)
    return values


def _double(column: pa.Array, name: str) -> pa.Array:
    try:
        return column.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as wrong:
        raise BadLog(Fault.COLUMN_TYPE, column=name, detail=f"numbers expected, {column.type} found: {wrong}") from None


@dataclass(frozen=True)
class Texts:
    """A column as codes into names; nulls have the code past the last name."""

    codes: NDArray[np.int32]
    names: list[str]


def texts(column: pa.Array, name: str) -> Texts:
    """Return the values as texts; raise BadLog for lists and structures.

    >>> texts(pa.array([True, None, False]), "label").names
    ['1', '0']
    """
    if pa.types.is_nested(column.type):
        raise BadLog(Fault.COLUMN_TYPE, column=name, detail=f"single values expected, {column.type} found")
    if pa.types.is_integer(column.type) and column.type.bit_width == 8:
        return _bytes(column)
    held = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    names = [text(value) for value in held.dictionary.to_pylist()]
    indices = held.indices.fill_null(len(names)) if held.indices.null_count else held.indices
    codes = indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    if None in names:
        codes = np.array([len(names) if n is None else i for i, n in enumerate([*names, None])], np.int32)[codes]
    return Texts(codes, [n or "" for n in names])


def _bytes(column: pa.Array) -> Texts:
    """Return integers of one byte, as decisions and labels mostly are, without a hash table."""
    lowest = -128 if pa.types.is_signed_integer(column.type) else 0
    values = (column.fill_null(0) if column.null_count else column).to_numpy(zero_copy_only=False)
    codes = values.astype(np.int32) - lowest
    if column.null_count:
        codes[column.is_null().to_numpy(zero_copy_only=False)] = 256
    there = np.flatnonzero(np.bincount(codes, minlength=257)[:256])
    place = np.full(257, len(there), np.int32)
    place[there] = np.arange(len(there))
    return Texts(place[codes], [str(value) for value in (there + lowest).tolist()])


def text(value: object) -> str | None:
    """Return the one text of a value: 1, 1.0 and true are `1`; NaN is null.

    >>> [text(v) for v in (1, 1.0, True, "a", 0.5, None)]
    ['1', '1', '1', 'a', '0.5', None]
    """
    if value is None or value != value:  # noqa: PLR0124  (NaN)
        return None
    if isinstance(value, bool | int):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def hours(column: pa.Array, name: str) -> Ints:
    """Return the milliseconds since 1970 in UTC, NO_TIME for nulls; times without a zone are UTC."""
    try:
        moments = _moments(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as wrong:
        raise BadLog(Fault.TIME, column=name, detail=str(wrong)) from None
    known = moments.fill_null(NO_TIME) if moments.null_count else moments
    whole_ms: Ints = known.to_numpy(zero_copy_only=False)
    return whole_ms


def _moments(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _moments(column.dictionary_decode())
    if pa.types.is_null(kind):
        return column.cast(pa.int64())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _moments(_parsed(column))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _epochs(column)
    zone = getattr(kind, "tz", None)
    return column.cast(pa.timestamp("ms", zone), safe=False).cast(pa.int64())


def _parsed(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:
        return column.cast(pa.timestamp("us"))


def _epochs(column: pa.Array) -> pa.Array:
    values = column.cast(pa.int64(), safe=False)
    largest = abs(pc.max(pc.abs_checked(values)).as_py() or 0)
    times, by = next((times, by) for border, times, by in EPOCHS if largest < border)
    return pc.divide(pc.multiply(values, times), by)
