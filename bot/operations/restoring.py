"""What comes first after a restore: it is written down, and nothing is sent without a look whether it was sent before.

Between backup and restore the bot may have posted what the database does not know of. What was owed, and what timers
due meanwhile owe, bears the same keys as then, so delivery finds it. Numbers that people type go on with a gap, so
that no new incident bears the number of one that was lost.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analysis.errors import NotAllowed
from analysis.vocabulary import Role
from bot import schedule
from bot.operations.doing import owe_redraw
from bot.services import Services
from storage import audit, counters, doubts, incidents, leases

RESTORERS = frozenset({Role.ADMIN})
GAP = 100  # numbers of incidents, alerts and retrains that are left out


@dataclass(frozen=True)
class Restore:
    """Which backup, of when, who puts it back, and what the door knows of them."""

    by: str
    taken_at: datetime
    facts: dict[str, Any] = field(default_factory=dict)


def permit(named: dict[Role, tuple[str, ...]], by: str) -> None:
    """Raise NotAllowed for whom the policy itself does not name an admin: there is no database to ask yet."""
    if not any(by in named.get(role, ()) for role in RESTORERS):
        raise NotAllowed("restore", RESTORERS)


def restored(services: Services, restore: Restore) -> int:
    """Return how many messages will be looked for before they are sent."""
    now = services.clock()
    with services.transaction() as session:
        age = {"age_s": int((now - restore.taken_at).total_seconds()), "backup": restore.taken_at.isoformat()}
        audit.append(session, audit.Entry(restore.by, "restored", "database", "done", age | restore.facts), now)
        leases.release_all(session, now)
        counters.leave_out(session, GAP, restore.taken_at, now)
    schedule.plan(services)
    while schedule.fire(services):
        pass
    with services.transaction() as session:
        for incident in incidents.open_ones(session):
            owe_redraw(session, incident, services.clock())  # its message may show what is no longer known
        return doubts.doubt_all(session, restore.taken_at - timedelta(minutes=1))
