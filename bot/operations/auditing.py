"""Work that is one transaction with one line of the audit log, also where it is refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session

from analysis.errors import Refused
from bot.services import Services, whole
from storage import audit

T = TypeVar("T")


@dataclass(frozen=True)
class About:
    """Who does what to which record, and what the door knows of the person."""

    actor: str
    action: str
    entity: str
    facts: dict[str, Any] = field(default_factory=dict)


@whole
def audited(services: Services, about: About, work: Callable[[Session, datetime], tuple[T, dict[str, Any]]]) -> T:
    """Return what the work gave, with its facts in the audit log; a refusal is audited too, then raised."""
    now = services.clock()
    data: dict[str, Any] = {}
    refused: Refused | None = None
    with services.transaction() as session:
        try:
            result, data = work(session, now)
        except Refused as error:
            refused, data = error, {"why": error.reason}
        outcome = "refused" if refused else "done"
        audit.append(session, audit.Entry(about.actor, about.action, about.entity, outcome, data | about.facts), now)
    if refused is not None:
        raise refused
    return result
