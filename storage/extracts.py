"""Which rows of the audit log an extract holds: those of segments first, then those of the table."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session, col

from storage import audit, segments
from storage.tables import AuditRow

COLUMNS = ("actor", "action", "entity", "outcome")  # that an extract can be narrowed by


@dataclass(frozen=True)
class Wanted:
    """From when, until before when, and columns that must have exactly a value."""

    since: datetime | None = None
    until: datetime | None = None
    only: dict[str, str] = field(default_factory=dict)

    def fits(self, row: AuditRow) -> bool:
        """Return whether the row is wanted."""
        in_time = (self.since is None or row.at >= self.since) and (self.until is None or row.at < self.until)
        return in_time and all(getattr(row, name) == value for name, value in self.only.items())

    def conditions(self) -> list[Any]:
        """Return the same for the database."""
        same = [getattr(AuditRow, name) == value for name, value in self.only.items()]
        after = [col(AuditRow.at) >= self.since] if self.since else []
        return [*same, *after, *([col(AuditRow.at) < self.until] if self.until else [])]

    @classmethod
    def of(cls, told: dict[str, str]) -> "Wanted":
        """Return what `told` told of; raise ValueError where it cannot be.

        >>> Wanted.of(Wanted(only={"actor": "U1"}).told())
        Wanted(since=None, until=None, only={'actor': 'U1'})
        """
        since, until = (datetime.fromisoformat(told[name]) if name in told else None for name in ("from", "to"))
        return cls(since, until, {name: told[name] for name in COLUMNS if name in told})

    def told(self) -> dict[str, str]:
        """Return it for a record."""
        times = {"from": self.since, "to": self.until}
        return self.only | {name: at.isoformat() for name, at in times.items() if at}


def rows(session: Session, wanted: Wanted, folder: Path) -> Iterator[AuditRow]:
    """Yield the wanted rows, oldest first; `folder` is where segments lie."""
    start, _ = audit.start_of(session)
    for segment in segments.of(session):
        if segment.first_seq <= start:
            yield from (row for row in segments.rows(segment, folder) if row.seq <= start and wanted.fits(row))
    yield from audit.since(session, start, where=wanted.conditions())
