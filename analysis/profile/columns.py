"""From an Arrow column to what can be counted: numbers, texts, moments. One value has one text, whatever its type.

Raises BadLog naming the column where its type does not fit the part it plays.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.errors import BadLog, Fault
from analysis.profile.cells import Ints

HOUR = 3_600_000  # milliseconds
NO_TIME = -(1 << 62)
NOWHERE = np.zeros(0, np.int64)
FEW = 64  # integers of a narrower range are their own codes
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


class Numbers(NamedTuple):
    """A column as numbers, whatever stands where there is none, and where that is."""

    values: NDArray[Any]
    nulls: Ints

    def filled(self) -> NDArray[Any]:
        """Return the values with NaN where there is none."""
        if not len(self.nulls):
            return self.values
        values = self.values.astype(self.values.dtype if self.values.dtype.kind == "f" else np.float64)
        values[self.nulls] = np.nan
        return values


def numbers(column: pa.Array, name: str) -> Numbers:
    """Return the values as numbers; raise BadLog for text that is none."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return numbers(column.dictionary_decode(), name)
    if pa.types.is_temporal(kind):
        column = (
            column.cast(pa.timestamp("ms")).cast(pa.int64()) if not pa.types.is_duration(kind) else column.cast("int64")
        )
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        column = _double(column, name)
    values, valid = _apart(column)
    return Numbers(values, NOWHERE if valid is None else np.flatnonzero(valid == 0))


def _double(column: pa.Array, name: str) -> pa.Array:
    try:
        return column.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as wrong:
        raise BadLog(Fault.COLUMN_TYPE, column=name, detail=f"numbers expected, {column.type} found: {wrong}") from None


@dataclass(frozen=True)
class Texts:
    """A column as codes into names; nulls have the code past the last name."""

    codes: NDArray[np.unsignedinteger]
    names: list[str]

    @property
    def there(self) -> set[str]:
        """Return the names that occur."""
        counts = np.bincount(self.codes, minlength=len(self.names) + 1)[:-1]
        return {name for name, n in zip(self.names, counts.tolist(), strict=True) if n}


class Named(NamedTuple):
    """A dictionary and its names: slices mostly share one, and its texts are made once."""

    dictionary: pa.Array
    names: list[str]
    place: NDArray[np.uint32] | None  # where a name is null, the code of each


def texts(column: pa.Array, name: str, named: dict[str, Named] | None = None) -> Texts:
    """Return the values as texts; raise BadLog for lists and structures.

    >>> texts(pa.array([True, None, False]), "label").names
    ['0', '1']
    """
    kind = column.type
    if pa.types.is_nested(kind):
        raise BadLog(Fault.COLUMN_TYPE, column=name, detail=f"single values expected, {kind} found")
    if pa.types.is_boolean(kind):
        return texts(column.cast(pa.int8()), name, named)
    if pa.types.is_integer(kind) and (few := _few(column)) is not None:
        return few
    held = column if pa.types.is_dictionary(kind) else column.dictionary_encode()
    told = _named(held.dictionary, name, {} if named is None else named)
    indices = held.indices.fill_null(len(told.names)) if held.indices.null_count else held.indices
    codes = indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False).view(np.uint32)
    return Texts(codes if told.place is None else told.place[codes], told.names)


def _named(dictionary: pa.Array, name: str, named: dict[str, Named]) -> Named:
    if name not in named or not named[name].dictionary.equals(dictionary):
        names = [text(value) for value in dictionary.to_pylist()]
        place = None
        if None in names:
            place = np.array([len(names) if n is None else i for i, n in enumerate([*names, None])], np.uint32)
        named[name] = Named(dictionary, [n or "" for n in names], place)
    return named[name]


def _few(column: pa.Array) -> Texts | None:
    """Return integers of a narrow range, as decisions and labels are, without a hash table; None for others."""
    if column.null_count == len(column):
        return None
    values, valid = _apart(column)
    if valid is not None:
        values = values * valid + values[valid.argmax()] * (1 - valid)
    lowest, highest = int(values.min()), int(values.max())
    if highest - lowest >= FEW:
        return None
    n, codes = highest - lowest + 1, np.subtract(values, values.dtype.type(lowest)).astype(np.uint8)
    if valid is not None:
        codes = codes * valid.view(np.uint8) + np.uint8(n) * (1 - valid.view(np.uint8))
    return Texts(codes, [str(value) for value in range(lowest, lowest + n)])


def _apart(column: pa.Array) -> tuple[NDArray[Any], NDArray[np.int8] | None]:
    """Return the values, whatever stands where there is none, and 1 where there is one (None: everywhere)."""
    if not column.null_count:
        return column.to_numpy(), None
    bits, held = column.buffers()
    values = pa.Array.from_buffers(column.type, len(column), [None, held], offset=column.offset).to_numpy()
    end = column.offset + len(column)
    valid = np.unpackbits(np.frombuffer(bits, np.uint8), count=end, bitorder="little")[column.offset :]
    return values, valid.view(np.int8)


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
