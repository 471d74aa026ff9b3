"""Takes in requests that a model leaves to people: once each, and no more than may wait (C3).

What stands here is called by serving code, many times a second: the refusal of what is too much is told once, not
written down each time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.errors import Full, Taken, Unknown
from analysis.policy import Watched
from analysis.response import cases as rules
from analysis.vocabulary import Oversight
from bot.operations import notices, waiting
from bot.operations.doing import Doing, on_worst, owe_redraw, tell_by_itself
from bot.services import Services, whole
from storage import audit, cases, incidents, outbox
from storage.tables import Model, ReviewItem

BY_GATE = "gate"  # who leaves requests to people: serving code, which names no person
NAME = "request_id"  # how the policy calls the names of requests, where they are personal
FULL, AGAIN = "cases_full", "cases_again"


@dataclass(frozen=True)
class Case:
    """A request as serving code leaves it to people."""

    model: str
    request: str
    level: int
    version: str | None = None
    proposal: str | None = None
    score: float | None = None
    confidence: float | None = None
    incident: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def is_same(self, item: ReviewItem) -> bool:
        """Return whether the request came before as it is now, but for its attributes."""
        mine = (self.version, self.proposal, self.score, self.confidence)
        return mine == (item.version, item.proposal, item.score, item.confidence)


@dataclass(frozen=True)
class Result:
    """The request as it is kept, and whether it is new."""

    item: ReviewItem
    is_new: bool


@whole
def take_in(services: Services, case: Case) -> Result:
    """Return the request as it is kept; the same again is the same one. Raise Unknown, Taken or Full."""
    now = services.clock()
    watched = services.policy.model(case.model)
    with services.transaction() as session:
        if watched is None or session.get(Model, case.model) is None:
            raise Unknown("model", case.model[:80], [one.id for one in services.policy.models])
        for known in cases.named(session, case.model, [case.request]):
            return _known(services, case, known, watched)
        most = rules.most(watched.gate, case.level)
        is_full = cases.waiting(session, case.model, case.level) >= most
        if is_full and (rules.is_sample(case.level) or not _tell_full(services, session, case.model, most, now)):
            raise Full(case.model, most)
        if not is_full:
            return _kept(services, session, case, watched, now)
    raise Full(case.model, most)  # what was told of it stays


def room(services: Services, session: Session, model_id: str, now: datetime) -> None:
    """Tell where more are taken again, once half of those that filled it are decided."""
    watched, worst = services.policy.model(model_id), on_worst(services, session, model_id, AGAIN, now)
    if watched is None or worst is None or not _is_told(worst):
        return
    left = cases.waiting(session, model_id, Oversight.REVIEW_ALL)
    if left <= watched.gate.most_cases // 2:
        tell_by_itself(worst, AGAIN, waiting=left)


def redraw(session: Session, model_id: str, now: datetime) -> None:
    """Owe each open incident of the model an edit of its message, which says how many wait; many are one edit."""
    for incident in incidents.open_ones(session, model_id):
        owe_redraw(session, incident, now, soon=False)


def entity(item: ReviewItem) -> str:
    """Return what the audit log calls the request."""
    return rules.entity(item.model_id, item.id)


def _known(services: Services, case: Case, item: ReviewItem, watched: Watched) -> Result:
    """Return the request that came before; raise Taken where it came with other content."""
    keys = services.keys.periods()
    if case.is_same(item) and any(_hashed(case, watched, key.hashed) == item.seen for key in keys):
        return Result(item, is_new=False)
    raise Taken(kind="request")


def _kept(services: Services, session: Session, case: Case, watched: Watched, now: datetime) -> Result:
    hashed = services.keys.pseudonym.hashed
    item = ReviewItem(
        model_id=case.model,
        request=case.request,
        handle=hashed(case.request) if NAME in watched.personal else case.request,
        version=case.version,
        proposal=case.proposal,
        score=case.score,
        confidence=case.confidence,
        level=case.level,
        incident_id=_incident(session, case),
        seen=_hashed(case, watched, hashed),
        at=now,
    )
    session.add(item)
    session.flush()
    waiting.plan(services, session, item)
    if not rules.is_sample(item.level):
        redraw(session, item.model_id, now)
    said = item.model_dump(mode="json", include={"handle", "version", "proposal", "level", "incident_id"})
    audit.append(session, audit.Entry(BY_GATE, "case_left", entity(item), "done", said), now)
    return Result(item, is_new=True)


def _hashed(case: Case, watched: Watched, hashed: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the attributes, personal ones as keyed hashes."""
    return {
        name: hashed(str(value)) if name in watched.personal and value is not None else value
        for name, value in case.attributes.items()
    }


def _incident(session: Session, case: Case) -> str | None:
    """Return the incident for which it was left to people; none where there is no such one of the model."""
    found = incidents.get(session, case.incident) if case.incident else None
    return found.id if found is not None and found.model_id == case.model else None


def _tell_full(services: Services, session: Session, model_id: str, most: int, now: datetime) -> bool:
    """Return whether it was told now that no more are taken: in the thread, or where the bot tells of itself."""
    worst = on_worst(services, session, model_id, FULL, now)
    if worst is None:
        key = f"{FULL}:{model_id}:{now.date().isoformat()}"
        if outbox.by_key(session, key) is not None:
            return False
        notices.owe(session, key, services.policy.engineering, now, about=FULL, model=model_id, most=most)
    elif _is_told(worst):
        return False
    else:
        tell_by_itself(worst, FULL, most=most)
    audit.append(session, audit.Entry(BY_GATE, FULL, model_id, "refused", {"most": most}), now)
    return True


def _is_told(worst: Doing) -> bool:
    said = incidents.last(worst.session, worst.incident.id, FULL, AGAIN)
    return said is not None and said.verb == FULL
