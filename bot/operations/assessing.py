"""How severe an incident is, as a person sees it: routes, clocks and calls follow what they say."""

from typing import Any

from analysis.response import impact as deciding
from analysis.response.impact import Revenue
from analysis.response.notifying import Reason
from analysis.response.quiet import Kind
from analysis.vocabulary import Severity
from bot.operations import clocks, escalation, holding, oversight, telling
from bot.operations.doing import Doing, Effect, urgency
from storage import incidents, outbox
from storage.tables import Owed


def assess(doing: Doing) -> Effect:
    """Set the severity that a person chose; the one that it has is confirmed by that."""
    was, chosen = Severity(doing.incident.severity), Severity(doing.field("severity"))
    facts: dict[str, Any] = {"was": was.value, "severity": chosen.value, "reason": doing.field("reason")}
    if was is Severity.CRITICAL and chosen is not was:  # whoever was called for it hears that it is less
        facts["told"] = incidents.called(doing.session, doing.incident.id)
    columns = {"severity": chosen.value, "assessed_at": doing.now}
    return Effect(columns, facts, then=lambda done: changed(done, was))


def impact(doing: Doing) -> Effect:
    """Keep what it costs the business; it is as severe as that makes it at least (A14)."""
    was, revenue = Severity(doing.incident.severity), Revenue(doing.field("revenue"))
    least = deciding.least(revenue, was)
    facts = {"revenue": revenue.value, "customers": doing.field("customers"), "note": doing.field("note")}
    if least is was:
        return Effect({"assessed_at": doing.now}, facts)
    columns = {"severity": least.value, "assessed_at": doing.now}
    return Effect(columns, {**facts, "was": was.value, "severity": least.value}, then=lambda done: changed(done, was))


def changed(doing: Doing, was: Severity) -> None:
    """Let clocks, calls and channels follow the severity that the incident has now."""
    now = Severity(doing.incident.severity)
    if now is was:
        return
    clocks.replan(doing, was, now)
    telling.follow(doing)
    escalation.replan(doing, was)
    _link(doing, now, rose=now.rank > was.rank)
    if now.rank > was.rank:
        holding.broken(doing, Kind.SNOOZE)
        oversight.at_once(doing)


def _link(doing: Doing, now: Severity, *, rose: bool) -> None:
    """Owe the channels of its new route a line that leads to its message; a critical one rings, an edit never does."""
    route, incident = doing.services.policy.routes[now], doing.incident
    rings = route.everyone and rose
    first = [route.channel] if route.channel and (rings or route.channel != incident.channel) else []
    for name in dict.fromkeys([*first, *route.linked_in]):
        loud = rings and name == route.channel
        outbox.owe(doing.session, _row(doing, name, rings=loud, key=f"{incident.id}:link:{name}" + ":rings" * loud))


def _row(doing: Doing, channel: str, *, rings: bool, key: str) -> Owed:
    message = incidents.message_key(doing.incident.id)
    return Owed(
        key=key,
        kind="link",
        subject=doing.incident.id,
        channel=channel,
        priority=urgency(doing.incident) + 1,
        data={"after": message, "rings": rings},
        reason=Reason.ROSE if rings else Reason.ACTED,
        next_at=doing.now,
        created_at=doing.now,
    )
