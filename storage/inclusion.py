"""Rows of the audit log that are about something, each with the proof that it lies in its stretch of the log.

A stretch is what the table holds, or a segment that was moved to a file; the root of its tree is what is signed.
"""

import gzip
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import Session, col, select

from storage import audit, merkle, segments
from storage.tables import AuditRow, AuditSegment


@dataclass(frozen=True)
class Stretch:
    """Consecutive rows of the log by their hashes, the number of the first, and those of them that are wanted."""

    first: int
    hashes: Sequence[str]
    wanted: Sequence[AuditRow]


@dataclass(frozen=True)
class Moved:
    """The segments that may hold wanted rows, and the last row that is no longer in the table."""

    segments: Sequence[AuditSegment]
    until: int


def in_table(session: Session, about: Collection[str], until: int) -> Stretch:
    """Return the table's rows up to that one, and which of them are about one of these."""
    query = select(AuditRow.seq, AuditRow.hash).where(col(AuditRow.seq) <= until).order_by(col(AuditRow.seq))
    found = list(session.exec(query))
    rows = [row for row in audit.rows_of(session, *about) if row.seq <= until]
    return Stretch(found[0][0] if found else until + 1, [hash for _, hash in found], rows)


def moved(session: Session, since: datetime) -> Moved:
    """Return the segments that were moved away after that time, and so may hold rows of it."""
    until, _ = audit.start_of(session)
    return Moved([one for one in segments.of(session) if one.at >= since and one.first_seq <= until], until)


def in_files(moved: Moved, about: Collection[str], folder: Path, public: Ed25519PublicKey) -> tuple[list[Stretch], str]:
    """Return the segments that hold wanted rows, and where one cannot be trusted, what is missing for that."""
    found, lacking = [], []
    for segment in moved.segments:
        wrong = segments.fault(segment, folder, public)
        if wrong is not None:
            lacking.append(f"rows {segment.first_seq} to {segment.last_seq} lay in {segment.name}, which {wrong}")
            continue
        stretch = _of_file(segment, folder, about)
        wanted = [row for row in stretch.wanted if row.seq <= moved.until]
        found += [Stretch(stretch.first, stretch.hashes, wanted)] if wanted else []
    return found, "; ".join(lacking)


def _of_file(segment: AuditSegment, folder: Path, about: Collection[str]) -> Stretch:
    with gzip.open(folder / segment.name, "rt", encoding="utf-8") as file:
        told = [json.loads(line) for line in file]
    wanted = [segments.row(one) for one in told if one["entity"] in about]
    return Stretch(segment.first_seq, [one["hash"] for one in told], wanted)


def extract(stretches: Sequence[Stretch]) -> tuple[bytes, str]:
    """Return the wanted rows, a line of JSON each with its way up, and the trees: first row, last row, root."""
    lines, trees = [], []
    for one in stretches:
        if not one.hashes:
            continue
        leaves = [bytes.fromhex(hash) for hash in one.hashes]
        paths = merkle.paths(leaves, [row.seq - one.first for row in one.wanted])
        for row, path in zip(one.wanted, paths, strict=True):
            told = {**audit.body(row), "hash": row.hash, "path": [beside.hex() for beside in path]}
            lines.append(audit.canonical(told) + "\n")
        trees.append(f"{one.first} {one.first + len(leaves) - 1} {merkle.root(leaves).hex()}")
    return "".join(lines).encode(), "; ".join(trees)
