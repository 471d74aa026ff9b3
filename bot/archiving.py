"""Moves old rows of the audit log to signed files: written, recorded, told outside, and a night later deleted."""

from datetime import datetime

from sqlmodel import Session

from bot.operations import keeping, sealing
from bot.services import Services
from storage import failpoints, outbox, segments
from storage.audit import Fault
from storage.tables import AuditSegment

SEGMENT = 50_000  # rows a file; they take a few seconds to check and write
ROWS = 1_000  # of a segment deleted in one transaction


def archive(services: Services) -> int:
    """Return how many rows left the audit table: each stretch written, recorded and told outside a night before."""
    age = services.policy.retention.audit
    if age is None:
        return 0
    gone = 0
    with services.database.read() as session:
        waiting = [one for one in segments.of(session) if segments.is_in_table(session, one)]
    for segment in waiting:
        gone += _leave(services, segment)
    while _seal(services, services.clock() - age):
        pass
    return gone


def _leave(services: Services, segment: AuditSegment) -> int:
    """Delete the rows of a segment whose note stands outside and whose file is as it was signed."""
    mine = sealing.given(services)
    wrong = segments.fault(segment, mine.folder, mine.public)
    if wrong is not None:
        sealing.tell(services, [segments.broken(segment, wrong)], segment.last_seq)
        return 0
    with services.transaction() as session:
        if not _is_outside(services, session, segment):
            return 0
    gone = 0
    while True:
        with services.transaction() as session:
            removed = segments.remove(session, segment, ROWS)
            if removed and not segments.is_in_table(session, segment):
                span = {"first": segment.first_seq, "last": segment.last_seq, "segment": segment.name}
                keeping.note(services, session, "audit", **span)
        failpoints.reach("retention.after_batch")
        gone += removed
        if not removed:
            return gone


def _is_outside(services: Services, session: Session, segment: AuditSegment) -> bool:
    """Return whether the segment's note was posted; owe it where it is not yet."""
    if services.policy.audit_channel is None:
        return True
    key = f"audit:segment:{segment.first_seq}"
    owed = outbox.by_key(session, key)
    if owed is None:
        sealing.anchor(services, session, key, _facts(segment))
    return owed is not None and owed.status == "sent"


def _seal(services: Services, before: datetime) -> bool:
    """Return whether a stretch of old rows was written and recorded; the rows stay until that is told outside."""
    now = services.clock()
    with services.database.read() as session:
        stretch = segments.due(session, before, SEGMENT)
        if stretch is None:
            return False
        made = segments.write(session, stretch, services.data / sealing.SEGMENTS, services.keys.signing, now)
    if made is None:
        fault = Fault(stretch.after + 1, "or one of those behind it was changed, so they are not moved")
        sealing.tell(services, [fault], stretch.last)
        return False
    failpoints.reach("retention.after_export")
    with services.transaction() as session:
        session.add(made)
        span = {"first": made.first_seq, "last": made.last_seq, "segment": made.name, "sha256": made.sha256}
        keeping.note(services, session, "audit_segment", **span)
        sealing.anchor(services, session, f"audit:segment:{made.first_seq}", _facts(made))
    failpoints.reach("retention.after_record")
    return True


def _facts(segment: AuditSegment) -> dict[str, object]:
    told = {"first": segment.first_seq, "last": segment.last_seq, "name": segment.name, "note": segment.note}
    return {"what": "segment", "at": segment.at.isoformat(), **told}
