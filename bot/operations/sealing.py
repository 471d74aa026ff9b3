"""Signs how far the audit log reaches, each hour in which it grew and with each bundle; anchors it outside.

What was added since the last checkpoint is checked before it is signed. A checkpoint is no row of the log itself: it
would make the log grow for ever.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlmodel import Session, select

from analysis.response.notifying import Reason
from bot.operations import notices
from bot.services import SYSTEM, Services, kept
from storage import audit, checkpoints, failpoints, outbox, proof
from storage.audit import Fault
from storage.proof import Given
from storage.tables import Checkpoint, Owed

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
SEGMENTS = "audit"  # their folder in the data folder


def given(services: Services) -> Given:
    """Return what the log is checked against here."""
    return Given(services.keys.signing.public_key(), services.data / SEGMENTS)


def when_due(services: Services) -> bool:
    """Return whether a new checkpoint was made: the log grew, and the last one is an hour old."""
    with services.database.read() as session:
        last = checkpoints.newest(session)
        head, _ = audit.head_of(session)
    if head == (last.seq if last else 0) or (last is not None and services.clock() - last.at < EVERY):
        return False
    now = seal(services)
    return now is not None and (last is None or now.seq != last.seq)


@kept
def seal(services: Services) -> Checkpoint | None:
    """Return the checkpoint of the log as it is now; None where it is empty, or broken: then #engineering is told."""
    with services.database.read() as session:
        verdict = proof.tail(session, given(services))
    if verdict.faults:
        tell(services, verdict.faults, verdict.head[0])
        return None
    if verdict.head[0] == (verdict.signed.seq if verdict.signed else 0):
        return verdict.signed
    now = services.clock()
    with services.transaction() as session:
        made = checkpoints.keep(session, verdict.head, services.keys.signing, now)
        if made is not None:
            facts = {"what": "checkpoint", "seq": made.seq, "at": made.at.isoformat(), "note": made.note}
            anchor(services, session, f"audit:checkpoint:{made.seq}", facts)
        failpoints.reach("checkpoint.before_commit")
    return made or verdict.signed


def anchor(services: Services, session: Session, key: str, facts: dict[str, Any]) -> None:
    """Owe the audit channel a signed note; one at a time where the channel cannot be used: nobody wants a pile."""
    channel = services.policy.audit_channel
    stuck = select(Owed.id).where(Owed.kind == "proof", Owed.channel == channel, Owed.status == "parked")
    if channel is None or session.exec(stuck.limit(1)).first() is not None:
        return
    now = services.clock()
    row = Owed(key=key, kind="proof", subject=facts["what"], channel=channel, data=facts, priority=6, next_at=now,
               created_at=now, reason=Reason.SCHEDULED)  # fmt: skip
    outbox.owe(session, row)


def look(services: Services) -> bool:
    """Return whether the end of the log holds; where it does not, log it and tell #engineering. The bot still runs."""
    with services.database.read() as session:
        verdict = proof.tail(session, given(services))
    if verdict.faults:
        tell(services, verdict.faults, verdict.head[0])
    return not verdict.faults


@kept
def tell(services: Services, faults: Sequence[Fault], head: int) -> None:
    """Log what is wrong with the audit log, and tell #engineering; one line a state of it, however often it is seen."""
    said = [str(fault) for fault in faults]
    log.error("the audit log is broken", faults=said[:20])
    with services.transaction() as session:
        key, error = f"audit:broken:{faults[0].seq}:{head}", "; ".join(said[:5])
        notices.owe(session, key, services.policy.engineering, services.clock(), about="audit_broken", error=error)


def restored(services: Services, session: Session, triggers: Collection[str]) -> None:
    """Record, and tell #engineering, that triggers were missing at the start; they stand again."""
    names, now = sorted(triggers), services.clock()
    log.error("audit triggers were missing and are made anew", triggers=names)
    row = audit.append(session, audit.Entry(SYSTEM, "triggers_restored", "audit", data={"triggers": names}), now)
    key = f"audit:triggers:{row.seq}"
    notices.owe(session, key, services.policy.engineering, now, about="triggers_restored", error=", ".join(names))
