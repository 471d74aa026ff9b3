"""The audit chain: each row's hash covers its canonical JSON and the hash of the row before.

A chain alone finds edits, deletions and swaps; a tail that is cut off together with its head, or a chain written
anew, is found by checkpoints kept outside (`storage.checkpoints`).
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import rfc8785
from sqlmodel import Session, col, select

from storage import failpoints
from storage.protection import GENESIS
from storage.tables import AuditHead, AuditRow, AuditSegment


@dataclass(frozen=True)
class Entry:
    """What an operation has to say: who did what to which record, with which outcome."""

    actor: str
    action: str
    entity: str
    outcome: str = "done"  # done | already | refused | failed
    data: dict[str, Any] | None = None


def body(row: AuditRow) -> dict[str, Any]:
    """Return what the row's hash covers."""
    return {
        "seq": row.seq,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": row.actor,
        "action": row.action,
        "entity": row.entity,
        "outcome": row.outcome,
        "data": row.data,
        "prev": row.prev,
    }


def canonical(value: Any) -> str:  # noqa: ANN401  (JSON is any shape)
    """Return the value's RFC 8785 JSON."""
    return rfc8785.dumps(value).decode()


def digest(row: AuditRow) -> str:
    """Return the SHA-256 of the row's RFC 8785 JSON, hex."""
    return hashlib.sha256(rfc8785.dumps(body(row))).hexdigest()


def append(session: Session, entry: Entry, at: datetime) -> AuditRow:
    """Return the new row. Call it last before the commit: it holds the chain's head until then."""
    head = session.exec(select(AuditHead).with_for_update()).one()
    row = AuditRow(
        seq=head.seq + 1,
        at=at,
        actor=entry.actor,
        action=entry.action,
        entity=entry.entity,
        outcome=entry.outcome,
        data=entry.data or {},
        prev=head.hash,
        hash="",
    )
    row.hash = digest(row)
    failpoints.reach("audit.before_head")
    head.seq, head.hash = row.seq, row.hash
    session.add(row)
    session.flush()
    return row


def rows_of(session: Session, *entities: str) -> list[AuditRow]:
    """Return the rows about these records, oldest first."""
    return list(session.exec(select(AuditRow).where(col(AuditRow.entity).in_(entities)).order_by(col(AuditRow.seq))))


def head_of(session: Session) -> tuple[int, str]:
    """Return the newest sequence number and hash."""
    head = session.exec(select(AuditHead)).one_or_none()
    return (head.seq, head.hash) if head else (0, GENESIS)


@dataclass(frozen=True)
class Fault:
    """Where the chain breaks and how; row 0 stands for the log as a whole."""

    seq: int
    what: str

    def __str__(self) -> str:
        return f"row {self.seq} {self.what}" if self.seq else self.what


@dataclass
class Walk:
    """Follows a chain row by row from where it begins; remembers what is wrong, and the hashes of wanted rows."""

    seq: int = 0
    hash: str = GENESIS
    wanted: Collection[int] = ()
    seen: dict[int, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def take(self, row: AuditRow) -> None:
        """Look at the next row."""
        if row.seq != self.seq + 1:
            lacking = (
                f"row {self.seq + 1} is" if row.seq == self.seq + 2 else f"rows {self.seq + 1} to {row.seq - 1} are"
            )
            self.faults.append(Fault(row.seq, f"{lacking} missing"))
        if row.prev != self.hash:
            self.faults.append(Fault(row.seq, "does not follow the row before it"))
        if row.hash != digest(row):
            self.faults.append(Fault(row.seq, "was changed after it was written"))
        self.jump(row.seq, row.hash)

    def jump(self, seq: int, hash: str) -> None:
        """Go on from a row that is known by its hash alone."""
        self.seq, self.hash = seq, hash
        if seq in self.wanted:
            self.seen[seq] = hash

    def end(self, head: tuple[int, str]) -> None:
        """Compare where the chain ended with its head."""
        if head != (self.seq, self.hash):
            self.faults.append(Fault(head[0], f"is the head, but the chain ends at row {self.seq}"))


def verify(session: Session) -> tuple[int, list[Fault]]:
    """Return the last row of the table and every fault of its chain; `storage.proof` checks what is signed too."""
    walk = Walk(*start_of(session))
    for row in since(session, walk.seq):
        walk.take(row)
    walk.end(head_of(session))
    return walk.seq, walk.faults


def start_of(session: Session) -> tuple[int, str]:
    """Return the row before the table's first and its hash: the end of the segments that were moved away."""
    first = session.exec(select(AuditRow).order_by(col(AuditRow.seq)).limit(1)).first()
    inside = select(AuditSegment).order_by(col(AuditSegment.last_seq).desc())
    if first is None:
        moved = session.exec(inside.limit(1)).first()
        return (moved.last_seq, moved.hash) if moved else (0, GENESIS)
    moved = session.exec(inside.where(col(AuditSegment.first_seq) < first.seq).limit(1)).first()
    if moved is None:
        return 0, GENESIS
    return (moved.last_seq, moved.hash) if moved.last_seq < first.seq else (first.seq - 1, first.prev)


def since(session: Session, seq: int, last: int | None = None, where: Collection[Any] = ()) -> Iterator[AuditRow]:
    """Yield the table's rows behind a sequence number, up to and with the last, in order and in bounded memory."""
    query = select(AuditRow).where(col(AuditRow.seq) > seq, *where).order_by(col(AuditRow.seq))
    if last is not None:
        query = query.where(col(AuditRow.seq) <= last)
    for row in session.exec(query.execution_options(yield_per=2_000)):
        session.expunge(row)
        yield row
