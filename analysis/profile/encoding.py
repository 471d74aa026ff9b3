"""A profile as bytes: magic, version, SHA-256 of the contents, and the contents, compressed.

The contents are a JSON header and then every array as little-endian integers of the narrowest kind that holds it. The
checksum is taken before compression: compressors differ between machines, counts do not. Reading trusts nothing.
"""

import hashlib
import json
import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.errors import BadProfile
from analysis.profile.cells import Ints
from analysis.profile.levels import Levels
from analysis.profile.table import Table
from analysis.spec import Spec

MAGIC, VERSION = b"EXPR", 2
LARGEST = 1 << 28  # bytes of an unpacked profile; ours are below 1 % of it
KINDS = ("<i1", "<i2", "<i4", "<i8")


@dataclass(frozen=True)
class Parts:
    """What a profile consists of."""

    spec: Spec
    counts: Mapping[str, int]
    spans: Mapping[str, tuple[float, float]]
    tables: Mapping[str, Table]
    levels: Mapping[str, Levels]


def pack(parts: Parts) -> bytes:
    """Return the bytes of a profile."""
    contents = payload(parts)
    return MAGIC + struct.pack("<H", VERSION) + hashlib.sha256(contents).digest() + zlib.compress(contents, 9)


def payload(parts: Parts) -> bytes:
    """Return the contents before compression: equal profiles have equal contents."""
    arrays: list[bytes] = []
    header = {
        "spec": parts.spec.to_json(),
        "counts": {name: n for name, n in sorted(parts.counts.items()) if n},
        "spans": {n: [low.hex(), high.hex()] for n, (low, high) in sorted(parts.spans.items())},
        "tables": [[name, t.width, _put(arrays, t.keys, 1), _put(arrays, t.values)] for name, t in _full(parts.tables)],
        "levels": [
            [name, level.width, list(level.names), level.bound, sorted(level.pinned), *_put_levels(arrays, level)]
            for name, level in _full_levels(parts.levels)
        ],
    }
    head = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    return struct.pack("<Q", len(head)) + head + b"".join(arrays)


def _full(tables: Mapping[str, Table]) -> Iterator[tuple[str, Table]]:
    return ((name, t) for name, t in sorted(tables.items()) if len(t.keys))


def _full_levels(levels: Mapping[str, Levels]) -> Iterator[tuple[str, Levels]]:
    return ((name, level) for name, level in sorted(levels.items()) if level.total().any() or len(level.names))


def _put_levels(arrays: list[bytes], level: Levels) -> list[object]:
    return [_put(arrays, level.values), _put(arrays, level.null), _put(arrays, level.other)]


def _put(arrays: list[bytes], values: Ints, is_key: int = 0) -> list[object]:
    """Append an array column by column, keys as differences; return its rows and the kind of each column."""
    columns = np.diff(values, prepend=0)[None, :] if is_key else np.atleast_2d(values.T if values.ndim > 1 else values)
    kinds = []
    for column in columns:
        kinds.append(_narrowest(column))
        arrays.append(column.astype(KINDS[kinds[-1]]).tobytes())
    return [int(columns.shape[1]), kinds]


def _narrowest(column: Ints) -> int:
    largest = max(int(column.max()), -int(column.min()) - 1) if len(column) else 0
    return next(i for i, bits in enumerate((7, 15, 31, 63)) if largest < 1 << bits)


def unpack(data: bytes) -> Parts:
    """Return the parts that `pack` wrote; raise BadProfile where the bytes are no profile, foreign or damaged."""
    if data[:4] != MAGIC or len(data) < 38:
        raise BadProfile(detail="these bytes are no profile")
    (version,) = struct.unpack("<H", data[4:6])
    if version != VERSION:
        raise BadProfile(detail=f"format {version}, this program reads {VERSION}")
    contents = _inflated(data[38:])
    if hashlib.sha256(contents).digest() != data[6:38]:
        raise BadProfile(detail="the checksum does not hold")
    try:
        return _parts(contents)
    except (KeyError, ValueError, TypeError, IndexError, struct.error) as wrong:
        raise BadProfile(detail=f"the contents do not hold together ({wrong})") from wrong


def _inflated(data: bytes) -> bytes:
    try:
        inflate = zlib.decompressobj()
        contents = inflate.decompress(data, LARGEST)
    except zlib.error as wrong:
        raise BadProfile(detail=f"damaged ({wrong})") from wrong
    if not inflate.eof:
        raise BadProfile(detail="cut off, or larger than any profile")
    return contents


def _parts(contents: bytes) -> Parts:
    (length,) = struct.unpack_from("<Q", contents)
    header, take = json.loads(contents[8 : 8 + length]), _Reader(contents, 8 + length)
    tables = {
        name: Table(take(keys, 1, is_key=True)[:, 0], take(values, width))
        for name, width, keys, values in header["tables"]
    }
    levels = {
        name: Levels(tuple(names), take(values, width), take(null, None), take(other, None), bound, frozenset(pinned))
        for name, width, names, bound, pinned, values, null, other in header["levels"]
    }
    spans = {name: (float.fromhex(low), float.fromhex(high)) for name, (low, high) in header["spans"].items()}
    if not all(math.isfinite(n) for n in header["counts"].values()):
        raise ValueError("counts")
    return Parts(Spec.from_json(header["spec"]), header["counts"], spans, tables, levels)


class _Reader:
    """Takes arrays off the contents, one after the other."""

    def __init__(self, contents: bytes, start: int) -> None:
        self.contents, self.start = contents, start

    def __call__(self, shape: tuple[int, list[int]], width: int | None, is_key: bool = False) -> Ints:
        rows, kinds = shape
        columns = [self._column(rows, KINDS[kind]) for kind in kinds]
        if width is None:
            return columns[0]
        found = np.stack(columns, axis=1) if columns else np.zeros((rows, width), np.int64)
        return np.cumsum(found, axis=0) if is_key else found.reshape(rows, width)

    def _column(self, rows: int, kind: str) -> Ints:
        column = np.frombuffer(self.contents, kind, rows, self.start)
        self.start += column.nbytes
        return column.astype(np.int64)
