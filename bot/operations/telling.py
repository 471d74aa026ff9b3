"""Tells stakeholders at the stages that the policy names, each once an incident; some wait until a person lets go."""

from analysis import telling
from analysis.errors import NotAllowed, Unknown
from analysis.response.notifying import Reason
from analysis.telling import Stage, Telling
from analysis.vocabulary import Family, Oversight, Severity
from bot.operations import reaching
from bot.operations.doing import Doing, Effect, tell, urgency
from storage import incidents, outbox
from storage.tables import Owed


def follow(doing: Doing) -> None:
    """Owe what the stage that the incident has reached asks for, and ask for the release of what waits for one."""
    incident = doing.incident
    if incident.is_drill:
        return
    stages = {Stage.OPENED, *((Stage.CONTAINED,) if incident.contained_at else ())}
    stages |= {Stage.RESOLVED} if incident.resolved_at else set()
    stages |= {Stage.ROLLED_BACK} if _is_rolled_back(doing) else set()
    known = incidents.told(doing.session, incident.id)
    owed = telling.due(doing.services.policy.stakeholders, Severity(incident.severity), Family(incident.family), stages)
    for one in owed:
        if one.name in known:
            continue
        if one.release:
            roles = [role.value for role in one.release]
            tell(doing, "told_waits", name=one.name, audience=one.audience, release=roles, to=list(one.to))
        else:
            _send(doing, one)


def _is_rolled_back(doing: Doing) -> bool:
    """Return whether it was rolled back, or its newest freeze paused it and put its fallback in its place."""
    if incidents.last(doing.session, doing.incident.id, "rolled_back") is not None:
        return True
    frozen = incidents.last(doing.session, doing.incident.id, "freeze")
    return frozen is not None and frozen.facts.get("level") == Oversight.PAUSED and bool(frozen.facts.get("fallback"))


def release(doing: Doing) -> Effect:
    """Let a message go that waited; raise NotAllowed for who does not hold the role that the policy names."""
    wanted = doing.field("telling")
    one = next((row for row in doing.services.policy.stakeholders if row.name == wanted), None)
    if one is None or wanted not in incidents.waiting_to_be_told(doing.session, doing.incident.id):
        raise Unknown("message that waits to be released", wanted[:80])
    if not set(one.release) & doing.services.roles(doing.session, doing.request.actor):
        raise NotAllowed("tell", frozenset(one.release))
    return Effect(facts={"name": one.name}, then=lambda done: _send(done, one))


def _send(doing: Doing, one: Telling) -> None:
    reached = reaching.reach(doing.services, doing.session, one.to)
    for place in (*reached.people, *reached.channels):
        owed = Owed(
            key=f"{doing.incident.id}:told:{one.name}:{place}",
            kind="told",
            subject=doing.incident.id,
            channel=place,
            priority=urgency(doing.incident) + 1,
            data={"audience": one.audience},
            reason=Reason.ACTED,
            next_at=doing.now,
            created_at=doing.now,
        )
        outbox.owe(doing.session, owed)
    tell(
        doing,
        "told",
        name=one.name,
        audience=one.audience,
        **(reached.facts() | {"people": [], "told": reached.people}),
    )
