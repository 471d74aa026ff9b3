"""What comes first after a restore: it is written down, and nothing is sent without a look whether it was sent before.

Between backup and restore the bot may have posted what the database does not know of. What was owed, and what timers
due meanwhile owe, bears the same keys as then, so delivery finds it. Numbers that people type, and ids that stand in
such keys, go on with a gap, so that nothing new bears the number or the key of what was lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analysis.response import permissions
from analysis.response.permissions import Action
from analysis.vocabulary import Role
from bot import schedule
from bot.leftovers import Posted
from bot.operations.doing import owe_redraw
from bot.services import Services
from storage import audit, counters, doubts, incidents, leases, numbering, outbox

GAP = 100  # numbers that people type, that are left out
IDS, IDS_A_SECOND = 1_000, 10  # ids of rows, which nobody types: with the time, so that a second restore has others


@dataclass(frozen=True)
class Restore:
    """Which backup, of when, who puts it back, and what the door knows of them."""

    by: str
    taken_at: datetime
    facts: dict[str, Any] = field(default_factory=dict)


def threads(services: Services) -> list[tuple[str, str]]:
    """Return where the messages of open incidents stand: their threads may have gone on."""
    with services.database.read() as session:
        keys = [incidents.message_key(incident.id) for incident in incidents.open_ones(session)]
        rows = [row for row in (outbox.by_key(session, key) for key in keys) if row is not None]
        return [(row.remote_channel, row.remote_ts) for row in rows if row.remote_channel and row.remote_ts]


def compare(services: Services, by: str, posted: Sequence[Posted]) -> list[Posted]:
    """Return the messages that stand in Slack though this database owes none of their keys; it is written down."""
    with services.transaction() as session:
        unknown = [one for one in posted if outbox.by_key(session, one.key) is None]
        data = {"unknown": [f"#{one.channel} {one.ts} {one.key}" for one in unknown], "looked_at": len(posted)}
        audit.append(session, audit.Entry(by, "restore_compared", "slack", "done", data), services.clock())
    return unknown


def permit(named: dict[Role, tuple[str, ...]], by: str) -> None:
    """Raise NotAllowed for whom the policy itself does not name an admin: there is no database to ask yet."""
    permissions.permit(Action.RESTORE, {role for role, held in named.items() if by in held})


def restored(services: Services, restore: Restore) -> int:
    """Return how many messages will be looked for before they are sent."""
    now = services.clock()
    with services.transaction() as session:
        age_s = int((now - restore.taken_at).total_seconds())
        age = {"age_s": age_s, "backup": restore.taken_at.isoformat()}
        audit.append(session, audit.Entry(restore.by, "restored", "database", "done", age | restore.facts), now)
        leases.release_all(session, now)
        counters.leave_out(session, GAP, restore.taken_at, now)
        numbering.leave_out(session, IDS + IDS_A_SECOND * max(age_s, 0))
    schedule.plan(services)
    while schedule.fire(services):
        pass
    with services.transaction() as session:
        for incident in incidents.open_ones(session):
            owe_redraw(session, incident, services.clock())  # its message may show what is no longer known
        return doubts.doubt_all(session, restore.taken_at - timedelta(minutes=1))
