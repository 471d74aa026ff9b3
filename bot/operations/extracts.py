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
def ask(services: Services, extract: Extract) -> None:
    """Record that the person takes an extract, before they have it; raise NotAllowed where their roles may not."""
    refused: NotAllowed | None = None
    with services.transaction() as session:
        try:
            permissions.allow(View.AUDIT_LOG, services.roles(session, extract.by))
        except NotAllowed as error:
            refused = error
        outcome = "refused" if refused else "done"
        entry = audit.Entry(extract.by, "audit_export_asked", "audit", outcome, extract.told())
        audit.append(session, entry, services.clock())
    if refused is not None:
        raise refused


@whole
def given(services: Services, extract: Extract, rows: int, sha256: str) -> None:
    """Record what the person was given: so many rows, in bytes of that SHA-256."""
    with services.transaction() as session:
        data = extract.told() | {"rows": rows, "sha256": sha256}
        audit.append(session, audit.Entry(extract.by, "audit_export", "audit", "done", data), services.clock())
