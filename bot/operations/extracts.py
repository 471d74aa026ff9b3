"""Extracts of the audit log: who may have one, and the record that it was taken (E3)."""

from dataclasses import dataclass, field
from typing import Any

from analysis.errors import NotAllowed
from analysis.response import permissions
from analysis.response.permissions import View
from bot.services import Services, whole
from storage import audit
from storage.extracts import Wanted


@dataclass(frozen=True)
class Extract:
    """Who wants which rows, and what the door knows of the person."""

    by: str
    wanted: Wanted
    facts: dict[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Return it for the record."""
        return self.wanted.told() | self.facts


@whole
def record(services: Services, extract: Extract, given: dict[str, Any] | None = None) -> None:
    """Record that the person takes an extract, before they have it, or what they were `given`; raise NotAllowed."""
    refused: NotAllowed | None = None
    with services.transaction() as session:
        try:
            permissions.allow(View.AUDIT_LOG, services.roles(session, extract.by))
        except NotAllowed as error:
            refused = error
        action = "audit_export_asked" if given is None else "audit_export"
        data = extract.told() | (given or {})
        entry = audit.Entry(extract.by, action, "audit", "refused" if refused else "done", data)
        audit.append(session, entry, services.clock())
    if refused is not None:
        raise refused
