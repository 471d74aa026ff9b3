"""Erases who has left: name, handle, e-mail and time zone; the id stays, for the audit log and incidents name it.

Erases whom a request was about that people decided: its name, what was sent along, the note; the decision stays.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.errors import Missing, Refused, StillHere, Unknown
from analysis.response import permissions
from analysis.response.permissions import Action
from bot.operations import taking_in
from bot.operations.auditing import About, audited
from bot.services import Services, whole
from storage import audit, cases, people
from storage.tables import Person


@dataclass(frozen=True)
class Wish:
    """Who shall be erased, who asks, and why."""

    person: str
    actor: str
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)  # what the door knows of the asker


@whole
def erase(services: Services, wish: Wish) -> bool:
    """Return whether anything was left to erase; raise NotAllowed, Missing, Unknown or StillHere, audited."""
    now = services.clock()
    refused: Refused | None = None
    is_new = False
    with services.transaction() as session:
        try:
            permissions.permit(Action.ERASE, services.roles(session, wish.actor))
            if not wish.reason.strip():
                raise Missing("erase", "reason")
            person = session.get(Person, wish.person)
            if person is None:
                raise Unknown("person", wish.person)
            if person.is_active:
                raise StillHere(person=wish.person)
            is_new = person.erased_at is None
            if is_new:
                people.erase(person, now)
                session.add(person)
        except Refused as error:
            refused = error
        outcome = "refused" if refused else "done" if is_new else "already"
        said = {"why": refused.reason} if refused else {"reason": wish.reason}
        audit.append(session, audit.Entry(wish.actor, "erase", wish.person, outcome, said | wish.facts), now)
    if refused is not None:
        raise refused
    return is_new


@dataclass(frozen=True)
class Request:
    """Whose request shall be erased, of which model, who asks, and why."""

    model: str
    name: str
    actor: str
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)  # what the door knows of the asker


def erase_request(services: Services, wish: Request) -> str:
    """Return how the record is called from now on; raise NotAllowed, Missing or Unknown, audited.

    The audit log calls it by the same number before and after, and never had more of it than its keyed name.
    """

    def erased(session: Session, now: datetime) -> tuple[str, dict[str, Any]]:
        permissions.permit(Action.ERASE, services.roles(session, wish.actor))
        if not wish.reason.strip():
            raise Missing("erase", "reason")
        item = next(iter(cases.named(session, wish.model, [wish.name])), None)
        if item is None:
            raise Unknown("request", wish.name[:80])
        if item.decided_at is None:
            raise Missing("erase", "request", "still waits for people: decide it first")
        cases.forget(session, item)
        return taking_in.entity(item), {"case": taking_in.entity(item), "reason": wish.reason}

    return audited(services, About(wish.actor, "erase", f"{wish.model}/cases"[:100], wish.facts), erased)
