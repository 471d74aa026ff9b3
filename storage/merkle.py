"""Merkle trees of RFC 6962: that a row is one of a log's, shown without the rows of others.

A leaf is the hash of a row of the audit chain. Reference: RFC 6962 §2.1, the same as RFC 9162 §2.1.
"""

import hashlib
from collections.abc import Sequence


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the tree's hash.

    >>> root([]).hex()[:8]
    'e3b0c442'
    """
    level = [_leaf(one) for one in leaves]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        level = _above(level)
    return level[0]


def paths(leaves: Sequence[bytes], wanted: Sequence[int]) -> list[list[bytes]]:
    """Return for each wanted leaf the hashes beside its way up, lowest first."""
    level, places = [_leaf(one) for one in leaves], list(wanted)
    found: list[list[bytes]] = [[] for _ in wanted]
    while len(level) > 1:
        for way, place in zip(found, places, strict=True):
            beside = place ^ 1
            if beside < len(level):  # the last one of an odd row goes up as it is
                way.append(level[beside])
        level, places = _above(level), [place // 2 for place in places]
    return found


def leads_to(leaf: bytes, place: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that the path leads to from a leaf at a place of so many; None where no tree has such a path."""
    if not 0 <= place < size:
        return None
    found, left = _leaf(leaf), list(path)
    while size > 1:
        if place ^ 1 < size:
            if not left:
                return None
            beside = left.pop(0)
            found = _node(beside, found) if place & 1 else _node(found, beside)
        place, size = place // 2, (size + 1) // 2
    return None if left else found


def _leaf(value: bytes) -> bytes:
    return hashlib.sha256(b"\0" + value).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _above(level: list[bytes]) -> list[bytes]:
    pairs = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return pairs + level[len(level) - 1 :] if len(level) % 2 else pairs
