"""Checks the whole audit log against everything that is signed: segments, stored checkpoints, checkpoints from outside.

A chain alone misses a tail that was cut with its head put right, and a chain that was written anew. Both contradict a
checkpoint that stands where whoever did it could not reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import Session, func, select

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
    """How many rows were read, every fault, where the log ends, and how far a stored checkpoint reaches."""

    rows: int
    faults: list[Fault]
    head: tuple[int, str]
    signed: Checkpoint | None


def verify(session: Session, given: Given) -> Verdict:
    """Return the verdict on every row, of segments and of the table."""
    anchors = [*checkpoints.stored(session, given.public), *given.anchors]
    moved = segments.of(session)
    first = session.exec(select(func.min(AuditRow.seq))).one()
    before = moved[-1].last_seq if first is None and moved else (first or 1) - 1
    ends = {one.last_seq for one in moved}
    walk = Walk(wanted={anchor.seq for anchor in anchors} | ends | {before})
    for segment in moved:
        _through(segment, given, walk)
    table = Walk(before, walk.seen.get(before, GENESIS), walk.wanted, faults=walk.faults)
    if before > walk.seq:
        walk.faults.append(Fault(before, f"and those before it, from row {walk.seq + 1}, are missing"))
    read = 0
    for read, row in enumerate(audit.since(session, before), start=1):  # noqa: B007
        table.take(row)
    table.end(audit.head_of(session))
    seen = walk.seen | table.seen
    for anchor in anchors:
        table.faults += _against(anchor, seen, table.seq)
    for segment in moved:  # rows that are not deleted yet are those of the file
        if table.seen.get(segment.last_seq, segment.hash) != segment.hash:
            table.faults.append(Fault(segment.last_seq, f"is not the one of segment {segment.name}"))
    table.faults += _triggers(session)
    unique = list(dict.fromkeys(table.faults))
    return Verdict(before + read, unique, audit.head_of(session), checkpoints.newest(session))


def _through(segment: AuditSegment, given: Given, walk: Walk) -> None:
    """Read a segment's file; where it cannot be, go on from what its record says."""
    if (segment.first_seq - 1, segment.prev) != (walk.seq, walk.hash):
        walk.faults.append(
            Fault(segment.first_seq, f"begins segment {segment.name}, which does not follow row {walk.seq}")
        )
    wrong = segments.fault(segment, given.folder, given.public)
    if wrong is not None:
        span = f"to {segment.last_seq}: their segment {segment.name} {wrong}"
        walk.faults.append(Fault(segment.first_seq, span))
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
    read = 0
    for read, row in enumerate(audit.since(session, walk.seq), start=1):  # noqa: B007
        walk.take(row)
    walk.end(audit.head_of(session))
    return Verdict(read, walk.faults, (walk.seq, walk.hash), signed)
