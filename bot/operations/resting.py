"""Lets a clock of an incident rest, with a reason, and go on again: what it rested is added to its time."""

from analysis.errors import Missing
from analysis.response.clocks import CLOCKS
from analysis.vocabulary import Severity
from bot.operations import clocks
from bot.operations.doing import Doing, Effect
from storage import clocks as kept
from storage.database import Again
from storage.tables import Clock

LOST = "the clock was changed by another transaction"


def pause(doing: Doing) -> Effect:
    """Let the chosen clock rest; raise Missing where it never may, or is late already."""
    clock = _chosen(doing)
    if not CLOCKS[clock.kind].may_rest:
        raise Missing(doing.request.verb, "clock", "never rests")
    if clock.paused_at is not None:
        raise Missing(doing.request.verb, "clock", "rests already")
    if clock.breached_at is not None or doing.now > clock.due_at:
        raise Missing(doing.request.verb, "clock", "is late already; a rest would hide that")
    if not kept.pause(doing.session, clock, doing.now, doing.request.actor, doing.field("reason")):
        raise Again(LOST)
    clocks.plan(doing, clock, Severity(doing.incident.severity))
    return Effect(facts={"clock": clock.kind, "reason": doing.field("reason")})


def resume(doing: Doing) -> Effect:
    """Let the chosen clock go on, for as long as it had left; raise Missing where it does not rest."""
    clock = _chosen(doing)
    if clock.paused_at is None:
        raise Missing(doing.request.verb, "clock", "does not rest")
    due, rested = clocks.rested(doing, clock)
    if not kept.resume(doing.session, clock, due, rested):
        raise Again(LOST)
    clocks.plan(doing, clock, Severity(doing.incident.severity))
    return Effect(facts={"clock": clock.kind, "due": due.isoformat(), "reason": doing.field("reason")})


def _chosen(doing: Doing) -> Clock:
    kind = doing.field("clock")
    running = {one.kind: one for one in kept.running(doing.session, doing.incident.id)}
    if kind not in CLOCKS or kind not in running:
        raise Missing(doing.request.verb, "clock", f"“{kind[:100]}” does not run on this incident")
    return running[kind]
