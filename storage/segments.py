"""Old rows of the audit log in signed files: a prefix of the chain leaves the table, and the chain still verifies.

A file is JSON lines, gzipped; the note beside it names its first and last row, the hash before and after, and the
file's SHA-256. The order is: written, recorded, told outside, and only then are the rows deleted.
"""

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import delete
from sqlmodel import Session, col, select

from storage import audit, notes
from storage.audit import Fault
from storage.files import sha256
from storage.protection import GENESIS
from storage.tables import AuditRow, AuditSegment

KIND = f"{notes.ORIGIN}/segment"


@dataclass(frozen=True)
class Stretch:
    """Rows that are to leave: behind `after`, whose hash is `prev`, up to and with `last`."""

    after: int
    prev: str
    last: int


def of(session: Session) -> list[AuditSegment]:
    """Return the recorded segments, oldest first."""
    return list(session.exec(select(AuditSegment).order_by(col(AuditSegment.first_seq))))


def due(session: Session, before: datetime, most: int) -> Stretch | None:
    """Return the next stretch of rows that are older; None where nothing is left to move."""
    moved = of(session)
    after, prev = (moved[-1].last_seq, moved[-1].hash) if moved else (0, GENESIS)
    young = select(AuditRow.seq).where(col(AuditRow.seq) > after, col(AuditRow.at) >= before)
    first_young = session.exec(young.order_by(col(AuditRow.seq)).limit(1)).first()
    if first_young is None or first_young == after + 1:
        return None  # the newest row stays: the chain goes on from it
    return Stretch(after, prev, min(first_young - 1, after + most))


def write(
    session: Session, stretch: Stretch, folder: Path, key: Ed25519PrivateKey, at: datetime
) -> AuditSegment | None:
    """Return the segment of a file that was written and not recorded yet; None where the chain is broken there."""
    folder.mkdir(parents=True, exist_ok=True)
    walk = audit.Walk(stretch.after, stretch.prev)
    path = folder / f"audit-{stretch.after + 1:09}-{stretch.last:09}.jsonl.gz"
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as packed:
            for row in audit.since(session, stretch.after, stretch.last):
                walk.take(row)
                packed.write(line(row))
        file.flush()
        os.fsync(file.fileno())
    if walk.faults or walk.seq != stretch.last:
        partial.unlink()
        return None
    partial.replace(path)
    made = AuditSegment(
        first_seq=stretch.after + 1, last_seq=stretch.last, prev=stretch.prev, hash=walk.hash,
        sha256=sha256(path), name=path.name, note="", at=at,
    )  # fmt: skip
    made.note = notes.sign([*statement(made), f"Time: {at.isoformat(timespec='seconds')}"], key)
    path.with_suffix(".note").write_text(made.note, encoding="utf-8")
    return made


def statement(segment: AuditSegment) -> list[str]:
    """Return the lines that are signed."""
    span = f"{segment.first_seq} {segment.last_seq}"
    return [KIND, span, segment.prev, segment.hash, f"SHA-256: {segment.sha256}"]


def remove(session: Session, segment: AuditSegment, most: int) -> int:
    """Return how many rows of a recorded segment were deleted, the oldest first; the triggers allow no others."""
    old = select(AuditRow.seq).where(col(AuditRow.seq) <= segment.last_seq).order_by(col(AuditRow.seq)).limit(most)
    statement = delete(AuditRow).where(col(AuditRow.seq).in_(list(session.exec(old))))
    return int(session.connection().execute(statement).rowcount)


def is_in_table(session: Session, segment: AuditSegment) -> bool:
    """Return whether a row of the segment is still in the table."""
    return session.exec(select(AuditRow.seq).where(col(AuditRow.seq) <= segment.last_seq).limit(1)).first() is not None


def fault(segment: AuditSegment, folder: Path, public: Ed25519PublicKey) -> str | None:
    """Return what is wrong with the segment's note or file; None where both are as they were signed."""
    found, _ = notes.find(segment.note)
    if len(found) != 1 or not found[0].is_signed_by(public):
        return "is not signed by this key"
    if found[0].lines[:-1] != statement(segment):
        return "was changed after it was signed"
    path = folder / segment.name
    if Path(segment.name).name != segment.name or not path.is_file():
        return "is missing"
    return None if sha256(path) == segment.sha256 else "was changed after it was signed"


def broken(segment: AuditSegment, what: str) -> Fault:
    """Return the fault of a segment's rows."""
    return Fault(segment.first_seq, f"to {segment.last_seq}: their segment {segment.name} {what}")


def rows(segment: AuditSegment, folder: Path) -> Iterator[AuditRow]:
    """Yield the rows of a file that has no fault."""
    with gzip.open(folder / segment.name, "rt", encoding="utf-8") as file:
        for text in file:
            yield row(json.loads(text))


def line(row: AuditRow) -> bytes:
    """Return a row as one line of JSON."""
    return json.dumps(audit.body(row) | {"hash": row.hash}, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def row(told: dict[str, Any]) -> AuditRow:
    """Return the row that a line tells of."""
    return AuditRow(**told | {"at": datetime.fromisoformat(told["at"])})
