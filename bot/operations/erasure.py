"""Erases who has left: name, handle, e-mail and time zone; the id stays, for the audit log and incidents name it."""

from dataclasses import dataclass, field
from typing import Any

from analysis.errors import Missing, Refused, StillHere, Unknown
from analysis.response import permissions
from analysis.response.permissions import Action
from bot.services import Services, whole
from storage import audit, people
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
