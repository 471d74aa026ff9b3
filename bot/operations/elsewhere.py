"""Owes other systems what has become of an incident: its issue, its pages, mails, short messages.

Called by whatever changes an incident, in its transaction. What waits already tells the newest too.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from analysis import outside as policy_of
from analysis.response import life, paging
from analysis.response.notifying import Reason, reason_for, urgency
from analysis.response.paging import Paged
from analysis.vocabulary import Family, Severity, State
from bot.operations import recipients
from bot.services import Services
from storage import outbox, outside, storms
from storage.tables import Incident, Owed, Page, TimelineEntry

SETTLES = timedelta(seconds=10)  # several changes at once are one look at the issue
MAILED = frozenset(
    {
        "opened", "severity_rose", "severity", "freeze", "frozen", "frozen_by_rollout", "contain", "unfreeze",
        "promoted", "rolled_back", "reversed", "rollout_failed", "rollout_hangs", "resolve", "close", "accept_risk",
        "false_positive", "reopen", "reopened",
    }
)  # fmt: skip


def follow(services: Services, session: Session, incident: Incident, entry: TimelineEntry) -> None:
    """Owe each system what this line of the timeline changes for it; nothing of a drill."""
    if incident.is_drill:
        return
    _track(services, session, incident, entry)
    if services.policy.pagers:
        _mirror(services, session, incident, entry.at)
    if services.mails and entry.verb in MAILED:
        _mail(services, session, incident, entry)


def page(services: Services, session: Session, incident: Incident, pager: str, now: datetime) -> None:
    """Owe a page: the first, or once more for the same incident."""
    key = f"{services.keys.installation}:{incident.id}"
    outside.wanted(session, Page(incident_id=incident.id, pager=pager, dedup_key=key, state=Paged.OWED.value, at=now))
    _owe(session, incident, "page", pager, now, reason=Reason.CALLED, data={"pager": pager})


def notify(session: Session, incident: Incident, notifier: str, now: datetime) -> None:
    """Owe a short message."""
    row = _row(incident, "notify", f"{incident.id}:notify:{notifier}:{now.isoformat()}", now)
    row.reason, row.data = Reason.CALLED, {"notifier": notifier}
    outbox.owe(session, row)


def mail_digest(services: Services, session: Session, digest: Owed) -> None:
    """Owe the digest as a mail too, to whom the policy names."""
    wanted = [one for one in services.policy.digests if (one.name, one.channel) == (digest.subject, digest.channel)]
    if not services.mails or not wanted:
        return
    for address in recipients.addresses(services, session, wanted[0].mail):
        row = digest.model_copy(
            update={
                "id": None,
                "key": f"{digest.key}:{_short(address)}",
                "kind": "digest_letter",
                "channel": "digest_letter",
            }
        )
        row.data, row.reason = {"to": address}, Reason.SCHEDULED
        outbox.owe(session, row)


def _short(address: str) -> str:
    """Return what stands for an address in a key: nobody's address is to be read there."""
    return hashlib.sha256(address.lower().encode()).hexdigest()[:12]


def _track(services: Services, session: Session, incident: Incident, entry: TimelineEntry) -> None:
    tracker = services.policy.tracker
    if tracker is None:
        return
    is_new = tracker.fits(Severity(incident.severity)) and outside.open_case(
        session, incident.id, tracker.kind, entry.at
    )
    if is_new or outside.case_of(session, incident.id) is not None:
        soon = entry.at if is_new else entry.at + SETTLES
        _owe(session, incident, "tracker", tracker.kind, soon, reason=reason_for(entry.verb))


def _mirror(services: Services, session: Session, incident: Incident, now: datetime) -> None:
    """Owe each pager that rings for the incident what it does not know yet."""
    for one in outside.pages(session, incident.id):
        if next_of(incident, one) is not None:
            _owe(session, incident, "page", one.pager, now, reason=Reason.ACTED, data={"pager": one.pager})


def next_of(incident: Incident, page: Page) -> Paged | None:
    """Return what the pager is to be told now; None where it knows."""
    taken = incident.acknowledged_at
    is_over = State(incident.state) in life.ENDED
    return paging.following(Paged(page.state), has_it=taken is not None and taken >= page.at, is_over=is_over)


def _mail(services: Services, session: Session, incident: Incident, entry: TimelineEntry) -> None:
    severity, family = Severity(incident.severity), Family(incident.family)
    named = policy_of.recipients(services.policy.mail, severity, family)
    in_storm = incident.storm_id is not None and not storms.is_first_critical(session, incident)
    for address in recipients.addresses(services, session, named, incident):
        first = f"{incident.id}:letter:{_short(address)}"
        follows = outbox.by_key(session, first) is not None
        row = _row(incident, "letter", f"{first}:{entry.id}" if follows else first, entry.at)
        row.reason = reason_for(entry.verb)
        row.data = {"to": address, "entry": entry.id, "first": first}
        if in_storm:
            row.status, row.reason = "withheld", Reason.IN_STORM
        outbox.owe(session, row)


def _owe(session: Session, incident: Incident, kind: str, where: str, at: datetime, **more: Any) -> None:  # noqa: ANN401
    name = f"{incident.id}:{kind}:{where}"
    row = _row(incident, kind, f"{name}:{incident.version}:{at.timestamp():.6f}", at)
    row.coalesce, row.channel = name, f"{kind}:{where}"
    row.reason, row.data = more["reason"], more.get("data", {})
    outbox.owe(session, row)


def _row(incident: Incident, kind: str, key: str, at: datetime) -> Owed:
    first = urgency(Severity(incident.severity))
    return Owed(key=key, kind=kind, subject=incident.id, channel=kind, priority=first, next_at=at, created_at=at)
