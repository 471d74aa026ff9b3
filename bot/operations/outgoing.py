"""What delivery gave up on: sent again, or dropped for good, by those who run the bot."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.errors import Missing, Refused, Unknown
from analysis.response import permissions
from analysis.response.permissions import Action
from bot.services import Services, whole
from storage import audit, inbox, outbox

ALL = "all"


@dataclass(frozen=True)
class Wish:
    """Who wants which rows (their keys, or none for all that were given up) sent again or dropped, and why."""

    verb: str  # retry | drop
    actor: str
    keys: tuple[str, ...] = ()
    reason: str = ""
    delivery: str | None = None  # id of the incoming delivery; a second one changes nothing
    facts: dict[str, Any] = field(default_factory=dict)  # what the door knows of the asker


@whole
def mend(services: Services, wish: Wish) -> list[str]:
    """Return the keys that are owed again, or dropped; raise NotAllowed, Missing or Unknown, audited."""
    now = services.clock()
    refused: Refused | None = None
    done: list[str] = []
    with services.transaction() as session:
        if wish.delivery and not inbox.arrive(session, wish.delivery, "interaction", now):
            return []
        try:
            done = _mended(services, session, wish, now)
        except Refused as error:
            refused = error
        data: dict[str, Any] = {"why": refused.reason} if refused else {"rows": len(done), "keys": done[:50]}
        data |= {"reason_hmac": services.keys.hashed(wish.reason)} if wish.reason else {}
        outcome = "refused" if refused else "done" if done else "already"
        entity = wish.keys[0] if len(wish.keys) == 1 else "outbox"
        audit.append(session, audit.Entry(wish.actor, f"outbox_{wish.verb}", entity, outcome, data | wish.facts), now)
    if refused is not None:
        raise refused
    return done


def _mended(services: Services, session: Session, wish: Wish, now: datetime) -> list[str]:
    permissions.permit(Action(f"outbox_{wish.verb}"), services.roles(session, wish.actor))
    if wish.verb == "drop" and not (wish.reason.strip() and wish.keys):
        raise Missing("outbox_drop", "reason" if wish.keys else "key")
    parked = {row.key: row for row in outbox.parked(session)}
    strange = [key for key in wish.keys if key not in parked and outbox.by_key(session, key) is None]
    if strange:
        raise Unknown("message", strange[0], list(parked)[:5])
    chosen: Sequence[str] = wish.keys or list(parked)
    rows = [parked[key] for key in chosen if key in parked]
    if wish.verb == "drop":
        return [row.key for row in rows if outbox.drop(session, row)]
    return [row.key for row in rows if outbox.send_again(session, row, now)]
