"""Decides a request that was left to people: once, by who may, said why where it departs; the same for every door."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from analysis.errors import Refused, Unknown
from analysis.response import cases as rules
from analysis.response import permissions
from analysis.response.outcomes import Kind, Outcome
from analysis.response.permissions import Action
from bot.operations import incidents, taking_in
from bot.operations.arriving import repeated
from bot.services import Services, whole
from storage import audit, cases, inbox
from storage.cases import CaseView
from storage.tables import ReviewItem

VERB = rules.VERB
BUSY = timedelta(minutes=10)  # so long somebody who opened a request is thought to be at it


@dataclass(frozen=True)
class Wish:
    """What somebody decides of which request, and why."""

    actor: str
    case: int
    decision: str
    note: str = ""
    model: str | None = None  # whose request it is, where the door says that
    delivery: str | None = None
    facts: dict[str, str] = field(default_factory=dict)  # what the door knows of the person, for the audit log


@whole
def decide(services: Services, wish: Wish) -> Outcome:
    """Return what came of it: decided now, decided before by whom and when, or refused."""
    now = services.clock()
    with services.transaction() as session:
        if again := repeated(session, wish.delivery, VERB, now):
            return again
        item = cases.get(session, wish.case)
        try:
            outcome = _decided(services, session, wish, item, now)
        except Refused as error:
            outcome = Outcome(Kind.REFUSED, VERB, {}, error)
        if wish.delivery:
            inbox.answered(session, wish.delivery, incidents.told(outcome))
        _audit(services, session, wish, (outcome, item, now))
    return outcome


@whole
def open_one(services: Services, actor: str, number: int | None, model: str | None = None) -> CaseView | None:
    """Return the request of that number, or the next one of the model, as opened by the person; None: there is none.

    For a while nobody else is given it as the next one. That they look is recorded by `viewing.look`.
    """
    now = services.clock()
    with services.transaction() as session:
        if model is not None:
            found = cases.following(session, model, actor, now - BUSY)
            number = found.id if found is not None else None
        view = cases.view(session, number) if number is not None else None
        if view is not None:
            cases.opened(session, view.item, actor, now)
        return view


def outcomes(services: Services, model_id: str) -> Sequence[str]:
    """Return what may be decided of the model's requests; nothing where the policy leaves that open."""
    watched = services.policy.model(model_id)
    return watched.gate.outcomes if watched else ()


def _decided(services: Services, session: Session, wish: Wish, item: ReviewItem | None, now: datetime) -> Outcome:
    permissions.permit(Action.REVIEW, services.roles(session, wish.actor))
    if item is None or wish.model not in (None, item.model_id):
        waits = cases.listed(session, wish.model, "waiting", 3)
        raise Unknown("case", str(wish.case), [str(one.id) for one in waits])
    if item.decided_at is not None:
        return Outcome(Kind.ALREADY, VERB, _facts(item))
    meant = rules.checked(wish.decision, wish.note, item.proposal, outcomes(services, item.model_id))
    values: dict[str, Any] = {
        "decision": meant,
        "is_otherwise": rules.is_otherwise(meant, item.proposal),
        "note": wish.note.strip() or None,
        "decided_by": wish.actor,
        "decided_at": now,
    }
    if not cases.decide(session, item, **values):
        return Outcome(Kind.ALREADY, VERB, _facts(item))
    if not rules.is_sample(item.level):
        taking_in.room(services, session, item.model_id, now)
        taking_in.redraw(session, item.model_id, now)
    return Outcome(Kind.DONE, VERB, _facts(item))


def _facts(item: ReviewItem) -> dict[str, Any]:
    at = item.decided_at.isoformat() if item.decided_at else None
    facts = {"case": item.id, "model": item.model_id, "decision": item.decision}
    return facts | {"by": item.decided_by, "at": at, "level": item.level, "is_otherwise": bool(item.is_otherwise)}


def _audit(services: Services, session: Session, wish: Wish, done: tuple[Outcome, ReviewItem | None, datetime]) -> None:
    """Write who decided what of which request: its keyed name, and a keyed digest of the note."""
    outcome, item, now = done
    said: dict[str, Any] = {"why": outcome.error.reason} if outcome.error else {}
    if item is not None and outcome.kind is Kind.DONE:
        said |= item.model_dump(mode="json", include={"handle", "decision", "proposal", "is_otherwise", "level"})
        said |= {"note_hmac": services.keys.hashed(item.note)} if item.note else {}
    named = taking_in.entity(item) if item is not None else f"cases/{wish.case}"
    audit.append(session, audit.Entry(wish.actor, VERB, named, outcome.kind, said | wish.facts), now)
