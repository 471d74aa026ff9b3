"""People on an incident: who commands, leads, tells others, advises; taken, given, handed over, given back."""

from analysis.errors import Missing, Unknown
from analysis.response import permissions
from analysis.response.outcomes import Kind, Outcome
from analysis.response.permissions import View
from analysis.vocabulary import Duty, Severity
from bot.operations import notices
from bot.operations.doing import Doing, Effect
from storage import involved
from storage.tables import Assignment

COMMANDED = frozenset({Severity.HIGH, Severity.CRITICAL})  # REQUIREMENTS, One vocabulary: those have a commander


def assign(doing: Doing) -> Effect | Outcome:
    """Give a duty to a person, by default to who asks; who had it before hands it over. Raise Missing."""
    duty, person = Duty(doing.field("duty")), doing.field("person") or doing.request.actor
    if View.INCIDENT_TIMELINE not in permissions.views(doing.services.roles(doing.session, person)):
        raise Missing(
            "assign", "person", f"cannot be {person}: by their roles they see no incidents, or they have left"
        )
    now = involved.current(doing.session, doing.incident.id)
    same = [one for one in now if one.duty == duty and (duty is not Duty.EXPERT or one.person == person)]
    if same and same[0].person == person:
        facts = {"incident": doing.incident.id, "by": same[0].by, "at": same[0].at.isoformat(), "did": "assign"}
        return Outcome(Kind.ALREADY, "assign", facts | {"state": doing.incident.state})
    was = same[0].person if same else None
    if same:
        involved.end(doing.session, same[0], doing.request.actor, doing.now)
    take(doing, duty, person)
    told = {"was": was} if was else {}
    return Effect(facts={"duty": duty.value, "person": person, "note": doing.field("note"), **told})


def release(doing: Doing) -> Effect:
    """Let nobody have the duty any more; raise Unknown where it is over by now."""
    held = {str(one.id): one for one in involved.current(doing.session, doing.incident.id)}
    assignment = held.get(doing.field("assignment"))
    if assignment is None:
        raise Unknown("duty", doing.field("assignment"))
    involved.end(doing.session, assignment, doing.request.actor, doing.now)
    return Effect(facts={"duty": assignment.duty, "person": assignment.person, "note": doing.field("note")})


def by_acknowledging(doing: Doing) -> dict[str, str]:
    """Return the duty that comes with acknowledging: who answers for a high or critical incident first commands it."""
    is_led = involved.holder(doing.session, doing.incident.id, Duty.COMMANDER) is not None
    if doing.incident.severity not in COMMANDED or is_led:
        return {}
    take(doing, Duty.COMMANDER, doing.request.actor)
    return {"duty": Duty.COMMANDER.value}


def take(doing: Doing, duty: Duty, person: str) -> None:
    """Write down who has the duty, and owe them what it asks of them, for their eyes alone."""
    row = Assignment(
        incident_id=doing.incident.id, duty=duty.value, person=person, by=doing.request.actor, at=doing.now
    )
    kept = involved.begin(doing.session, row)
    facts = {"incident": doing.incident.id, "duty": duty.value, "by": doing.request.actor, "note": doing.field("note")}
    notices.owe(doing.session, f"assigned:{kept.id}", person, doing.now, about="assigned", **facts)
