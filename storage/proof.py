"""Checks the whole audit log against everything that is signed: segments, stored checkpoints, checkpoints from outside.

A chain alone misses a tail that was cut with its head put right, and a chain that was written anew. Both contradict a
checkpoint that stands where whoever did it could not reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import Session, col, select

from storage import audit, checkpoints, protection, segments
from storage.audit import Fault, Walk
from storage.checkpoints import Anchor
from storage.protection import GENESIS
from storage.tables import AuditRow, AuditSegment, Checkpoint


@dataclass(frozen=True)
class Given:
    """What the log is checked against: the public key, the folder of segments, checkpoints from outside."""

    public: Ed25519PublicKey
    folder: Path
    anchors: Sequence[Anchor] = ()


@dataclass(frozen=True)
class Verdict:
    """Up to which row was read, every fault, where the log ends, and how far a stored checkpoint reaches."""

    rows: int
    faults: list[Fault]
    head: tuple[int, str]
    signed: Checkpoint | None


def verify(session: Session, given: Given) -> Verdict:
    """Return the verdict on every row, of segments and of the table."""
    anchors = [*checkpoints.stored(session, given.public), *given.anchors]
    moved = segments.of(session)
    before, follows = _beginning(session, moved)
    wanted = {before, *(anchor.seq for anchor in anchors), *(one.last_seq for one in moved)}
    files = Walk(wanted=wanted)
    files.jump(0, GENESIS)
    for segment in moved:
        _through(segment, given, files)
    if before > files.seq:
        files.faults.append(Fault(before, f"and those before it, from row {files.seq + 1}, are missing"))
        follows = GENESIS
    table = Walk(before, files.seen.get(before, follows), wanted)
    for row in audit.since(session, before):
        table.take(row)
    table.end(audit.head_of(session))
    for anchor in anchors:
        table.faults += _against(anchor, files.seen | table.seen, table.seq)
    faults = [*files.faults, *table.faults, *_differing(moved, table), *_triggers(session)]
    return Verdict(table.seq, list(dict.fromkeys(faults)), audit.head_of(session), checkpoints.newest(session))


def _beginning(session: Session, moved: Sequence[AuditSegment]) -> tuple[int, str]:
    """Return the row before the table's first, and the hash that this first one says it follows."""
    first = session.exec(select(AuditRow).order_by(col(AuditRow.seq)).limit(1)).first()
    if first is not None:
        return first.seq - 1, first.prev
    return (moved[-1].last_seq, moved[-1].hash) if moved else (0, GENESIS)


def _differing(moved: Sequence[AuditSegment], table: Walk) -> list[Fault]:
    """Return a fault where rows that did not leave the table yet are not those of their file."""
    return [
        Fault(one.last_seq, f"is not the one of segment {one.name}")
        for one in moved
        if table.seen.get(one.last_seq, one.hash) != one.hash
    ]


def _through(segment: AuditSegment, given: Given, walk: Walk) -> None:
    """Read a segment's file; where it cannot be, go on from what its record says."""
    if (segment.first_seq - 1, segment.prev) != (walk.seq, walk.hash):
        walk.faults.append(
            Fault(segment.first_seq, f"begins segment {segment.name}, which does not follow row {walk.seq}")
        )
    wrong = segments.fault(segment, given.folder, given.public)
    if wrong is not None:
        walk.faults.append(segments.broken(segment, wrong))
        walk.jump(segment.last_seq, segment.hash)
        return
    walk.jump(segment.first_seq - 1, segment.prev)
    for row in segments.rows(segment, given.folder):
        walk.take(row)


def _against(anchor: Anchor, seen: dict[int, str], last: int) -> list[Fault]:
    when = f"the checkpoint of {anchor.at}"
    if anchor.fault is not None:
        return [Fault(anchor.seq, f"has a checkpoint that {anchor.fault}")]
    if anchor.seq > last:
        return [Fault(anchor.seq, f"is in {when}, but the log ends at row {last}: its tail was cut off")]
    if seen.get(anchor.seq, anchor.hash) != anchor.hash:
        return [Fault(anchor.seq, f"is not the one in {when}: the chain was written anew")]
    return []


def _triggers(session: Session) -> list[Fault]:
    missing = protection.unprotected(session.connection())
    return [Fault(0, f"trigger {name} is missing or was changed") for name in sorted(missing)]


def tail(session: Session, given: Given) -> Verdict:
    """Return the verdict on the rows behind the newest stored checkpoint: cheap, for each start and each new one."""
    signed = checkpoints.newest(session)
    walk = Walk(*audit.start_of(session))
    if signed is not None and signed.seq >= walk.seq:
        anchor = checkpoints.looked_at(signed, given.public)
        row = session.get(AuditRow, signed.seq)
        found = (row.hash if audit.digest(row) == row.hash else "") if row else walk.hash
        walk.faults += _against(anchor, {signed.seq: found}, audit.head_of(session)[0])
        walk.jump(signed.seq, signed.hash)
    for row in audit.since(session, walk.seq):
        walk.take(row)
    walk.end(audit.head_of(session))
    return Verdict(walk.seq, walk.faults, (walk.seq, walk.hash), signed)
