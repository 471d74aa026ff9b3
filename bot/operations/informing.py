"""Tells those who wait: a status update, a breach that is confirmed, the notice to the regulator (001 §7, 002)."""

from analysis.errors import Missing
from analysis.response.outcomes import Kind, Outcome
from bot.operations import affected
from bot.operations.doing import Doing, Effect
from storage import clocks, incidents

REGULATOR = "regulator"


def update(doing: Doing) -> Effect:
    """Tell the thread how it stands; the next update is due from now on."""
    return Effect(facts={"note": doing.field("note")})


def confirm(doing: Doing) -> Effect | Outcome:
    """Confirm a breach that a regulator may have to hear of: the time runs from now, and who confirms gets a draft."""
    incident = doing.incident
    if incident.confirmed_at is not None:
        first = incidents.last(doing.session, incident.id, "confirm")
        by = first.actor if first else None
        return Outcome(Kind.ALREADY, "confirm", {"by": by, "at": incident.confirmed_at.isoformat()})
    affected.owe_draft(doing, REGULATOR)
    return Effect(columns={"confirmed_at": doing.now}, facts={"reason": doing.field("reason")})


def notify_regulator(doing: Doing) -> Effect:
    """Record that the regulator has been told, with the reference; raise Missing where nothing was confirmed."""
    running = {one.kind for one in clocks.running(doing.session, doing.incident.id)}
    if REGULATOR not in running:
        what = (
            "has the notice already" if doing.incident.confirmed_at else "hears of a confirmed breach only: confirm it"
        )
        raise Missing("notify_regulator", "authority", what)
    given = {name: doing.field(name) for name in ("authority", "reference", "note") if doing.field(name)}
    return Effect(facts=given)
