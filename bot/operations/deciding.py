"""What a decision on a wish has in hand, and what a wish can be about."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.response.approving import Parts, Status
from analysis.response.outcomes import Outcome
from analysis.vocabulary import Role
from bot.operations import asking
from bot.operations.asking import Ended
from bot.services import Services
from storage.database import Again
from storage.tables import Approval


@dataclass(frozen=True)
class Decision:
    """Somebody approves or declines a wish."""

    verb: str  # approve | decline
    approval: str
    actor: str
    reason: str = ""
    delivery: str | None = None  # id of the incoming delivery; a second one changes nothing
    facts: dict[str, Any] = field(default_factory=dict)  # what the door knows of the person, for the audit log
    word: str = ""  # what was typed, where the wish asks for a word


@dataclass(frozen=True)
class Case:
    """A decision under way."""

    services: Services
    session: Session
    approval: Approval
    decision: Decision
    now: datetime

    @property
    def parts(self) -> Parts:
        """Return what the wish needs: one person a part."""
        return [frozenset(map(Role, part)) for part in self.approval.needs["parts"]]

    def end(self, status: Status, reason: str | None = None) -> None:
        """End the wish, which waits; raise Again where another transaction was first."""
        ended = Ended(status, self.decision.actor, self.now, reason)
        if not asking.end(self.services, self.session, self.approval, ended):
            raise Again(f"{self.approval.id} was decided by another transaction")


@dataclass(frozen=True)
class Subject:
    """What a wish can be about: what an approval is bound to, who may ask for it, and how it is done."""

    bound: Callable[[Services, Session, Approval], str | None]  # None: it is not there any more
    by: Callable[[Approval], frozenset[Role]]
    perform: Callable[[Case], Outcome]
