"""One cause that came as two incidents is made one; two causes in one are told apart."""

from analysis.errors import Missing, Unknown
from analysis.response import life
from analysis.vocabulary import Severity, State
from bot.operations import assessing, beginning
from bot.operations.doing import Doing, Effect, Request, tell
from storage import alerts, incidents
from storage.tables import Incident


def merge(doing: Doing) -> Effect:
    """End this incident as a part of another open one of its model: its alerts go there, its thread points there."""
    other = _other(doing)
    moved = incidents.hand_over(doing.session, doing.incident.id, other.id)
    _tell_other(doing, other, moved)
    columns = {"merged_into": other.id, "closed_at": doing.now, "closed_by": doing.request.actor}
    return Effect(columns, {"into": other.id, "alerts": moved, "reason": doing.field("reason")})


def _other(doing: Doing) -> Incident:
    wanted = doing.field("into")
    other = incidents.get(doing.session, wanted)
    if other is None:
        raise Unknown("incident", wanted)
    if other.id == doing.incident.id or other.model_id != doing.incident.model_id:
        raise Missing("merge", "into", f"{wanted} has to be another incident of the same model")
    if State(other.state) not in life.OPEN:
        raise Missing("merge", "into", f"{wanted} is not open any more")
    return other


def _tell_other(doing: Doing, other: Incident, moved: list[str]) -> None:
    """Let the other one take the alerts over; it is as severe as the worse of the two."""
    theirs = Doing(doing.services, doing.session, other, Request("merged", other.id, doing.request.actor), doing.now)
    was = Severity(other.severity)
    worse = max(was, Severity(doing.incident.severity), key=lambda one: one.rank)
    incidents.advance(doing.session, other, State(other.state), severity=worse.value)
    tell(theirs, "merged", incident=doing.incident.id, alerts=moved)
    assessing.changed(theirs, was)


def split(doing: Doing) -> Effect:
    """Give one of several alerts an incident of its own, with its own message, calls and clocks."""
    mine = alerts.of(doing.session, doing.incident.id)
    chosen = next((one for one in mine if one.id == doing.field("alert")), None)
    if chosen is None:
        raise Unknown("alert", doing.field("alert"), [one.id for one in mine])
    if len(mine) < 2:
        raise Missing("split", "alert", "is the only one of this incident; there is nothing to tell apart")
    route = doing.services.policy.routes[Severity(chosen.severity)]
    whence = {"split_from": doing.incident.id, "by": doing.request.actor}
    channel = route.channel or doing.incident.channel
    new = beginning.begin(doing.services, doing.session, chosen, channel, doing.now, **whence)
    first = next(one for one in mine if one.id != chosen.id)
    return Effect({"family": first.family}, {"alert": chosen.id, "new": new.id, "reason": doing.field("reason")})
