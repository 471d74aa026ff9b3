"""Restrains a model, or a segment of its requests, and lets it go again; the gate reads what stands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.errors import Missing
from analysis.response import fields
from analysis.response.restraint import Restraint, Segment, Throttle, strange
from analysis.spec import Spec
from analysis.vocabulary import Oversight, Severity, State
from bot.operations import gating
from bot.operations.doing import Doing, Effect, Request, tell
from bot.services import SYSTEM, Services
from storage import audit, incidents, oversight, registry, timers
from storage.tables import Incident, Model, OversightChange, Timer

ENDS = "restraint_ends"


def freeze(doing: Doing) -> Effect:
    """Set the oversight level that was chosen, for whom and until when; the incident is contained from then on."""
    wanted = _wanted(doing)
    put(doing, wanted, doing.field("reason"))
    columns = {"contained_at": doing.incident.contained_at or doing.now}
    return Effect(columns, told(wanted) | {"reason": doing.field("reason")})


def unfreeze(doing: Doing) -> Effect:
    """Set the model back to normal, and every segment of it."""
    held = oversight.standing(doing.session, doing.incident.model_id)
    if not held:
        raise Missing("unfreeze", "model", "is not restrained")
    for one in held:
        lifted = Restraint(Oversight.NORMAL, Segment.parse(one.segment))
        put(doing, lifted, doing.field("reason"))
    return Effect(facts={"was": max(one.level for one in held), "reason": doing.field("reason")})


def loosens(doing: Doing) -> list[OversightChange]:
    """Return the restraints that the move would make weaker."""
    if doing.request.verb == "unfreeze":
        return oversight.standing(doing.session, doing.incident.model_id)
    if doing.request.verb != "freeze":
        return []
    wanted = _wanted(doing)
    now = oversight.current(doing.session, doing.incident.model_id, wanted.segment.name)
    return [now] if now is not None and wanted.is_weaker_than(oversight.restraint(now)) else []


def tightens(doing: Doing) -> bool:
    """Return whether a checked freeze holds back more than what stands now for its segment."""
    wanted = _wanted(doing)
    now = oversight.current(doing.session, doing.incident.model_id, wanted.segment.name)
    return (oversight.restraint(now) if now is not None else Restraint(Oversight.NORMAL)).is_weaker_than(wanted)


def worst(session: Session, incident: Incident, held: Sequence[OversightChange]) -> Severity:
    """Return the worst of all that relies on the restraints: this incident, theirs, and each open one of the model."""
    causes = [incidents.get(session, one.incident_id) for one in held if one.incident_id]
    found = [incident, *filter(None, causes), *incidents.open_ones(session, incident.model_id)]
    return max((incidents.worst(session, one) for one in found), key=lambda severity: severity.rank)


def at_once(doing: Doing) -> None:
    """Restrain a model whose policy says so as soon as an incident of it is critical; never make it weaker."""
    incident = doing.incident
    watched = doing.services.policy.model(incident.model_id)
    level = watched.freeze_on_critical if watched else None
    if level is None or incident.severity != Severity.CRITICAL:
        return
    held = oversight.current(doing.session, incident.model_id)
    if held is not None and held.level >= level:
        return
    impose(doing, level, "the policy freezes this model at a critical incident", "frozen")


def impose(doing: Doing, level: Oversight, why: str, verb: str, **facts: Any) -> None:  # noqa: ANN401
    """Restrain the incident's model in the bot's own name; contained since then, unless it was before."""
    incident = doing.incident
    own = replace(doing, request=Request("frozen", incident.id, SYSTEM))
    wanted = Restraint(level, fallback=_instead(doing, level))
    incidents.advance(doing.session, incident, State(incident.state), contained_at=incident.contained_at or doing.now)
    put(own, wanted, why)
    said = told(wanted) | facts
    tell(own, verb, **said)
    audit.append(doing.session, audit.Entry(SYSTEM, "frozen", incident.id, "done", said), doing.now)


def when_over(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """End a restraint whose time is over; for a critical incident ask for that, which takes two people."""
    incident = incidents.get(session, timer.subject)
    held = session.get(OversightChange, int(timer.data["change"]))
    if incident is None or held is None or not _stands(session, held):
        return
    doing = Doing(services, session, incident, Request("restraint_over", incident.id, SYSTEM), now)
    is_critical = worst(session, incident, [held]) is Severity.CRITICAL
    facts = {"level": held.level, "segment": held.segment, "by": held.by, "timer": timer.key}
    if not is_critical:
        put(doing, Restraint(Oversight.NORMAL, Segment.parse(held.segment)), "its time is over")
    tell(doing, "restraint_due" if is_critical else "restraint_over", **facts)
    said = {"level": held.level, "segment": held.segment, "lifted": not is_critical}
    audit.append(session, audit.Entry(SYSTEM, "restraint_over", incident.id, "done", said), now)


def told(wanted: Restraint) -> dict[str, object]:
    """Return what the timeline keeps of a restraint."""
    facts: dict[str, object] = {"level": int(wanted.level)}
    rate = wanted.throttle
    shown = {
        "fallback": wanted.fallback,
        "segment": wanted.segment.name,
        "throttle": rate.words if rate else None,
        "until": wanted.until,
    }
    return facts | {name: value for name, value in shown.items() if value}


def _wanted(doing: Doing) -> Restraint:
    """Return the restraint that a checked form describes; raise Missing where it would hold nothing back."""
    throttle = Throttle.parse(doing.field("throttle")) if doing.field("throttle") else None
    until = fields.moment(doing.field("until")) if doing.field("until") else None
    if until is not None and until <= doing.now:
        raise Missing("freeze", "until", "is in the past")
    level = _level(doing)
    return Restraint(
        level,
        _segment(doing),
        _fallback(doing) or _instead(doing, level),
        throttle,
        until=until.isoformat() if until else None,
    )


def _level(doing: Doing) -> Oversight:
    text = doing.field("level")
    try:
        level = Oversight(int(text))
    except ValueError:
        raise Missing("freeze", "level", f"“{text}” is no level: use 1 to 4") from None
    if level is Oversight.NORMAL:
        raise Missing("freeze", "level", "0 is normal operation: use 1 to 4, or unfreeze")
    return level


def _segment(doing: Doing) -> Segment:
    segment, model = Segment.parse(doing.field("segment")), doing.session.get(Model, doing.incident.model_id)
    wrong = strange(segment, Spec.from_json(model.spec)) if model is not None and model.spec else None
    if wrong is not None:
        raise Missing("freeze", "segment", wrong)
    return segment


def _fallback(doing: Doing) -> str | None:
    """Return what was named to be served instead; raise Missing where it serves already, or may not serve."""
    named = doing.field("fallback")
    wrong = _unfit(doing, named) if named else None
    if wrong is not None:
        raise Missing("freeze", "fallback", wrong)
    return named or None


def _instead(doing: Doing, level: Oversight) -> str | None:
    """Return what is served instead where nobody names it: what the registry names, else the policy, if that may serve.

    Below the level at which people decide all, the model goes on.
    """
    if level < Oversight.REVIEW_ALL:
        return None
    watched = doing.services.policy.model(doing.incident.model_id)
    alias = registry.alias(doing.session, doing.incident.model_id, registry.FALLBACK)
    named = (alias.version if alias else None, watched.fallback if watched else None)
    return next((one for one in named if one and _unfit(doing, one) is None), None)


def _unfit(doing: Doing, name: str) -> str | None:
    """Return why that cannot be served instead; None for what is no version: the name of a set of rules."""
    champion = registry.alias(doing.session, doing.incident.model_id, registry.CHAMPION)
    if champion is not None and champion.version == name:
        return f"cannot be {name}, which serves now: that would hold nothing back"
    row = registry.version(doing.session, doing.incident.model_id, name)
    why = registry.why_not(row) if row is not None else None
    return f"cannot be {name}, which may not serve: {why}" if why else None


def put(doing: Doing, wanted: Restraint, reason: str) -> None:
    """Write the restraint down as what stands for its segment, tell other gates, and plan its end."""
    incident: Incident = doing.incident
    new = OversightChange(
        model_id=incident.model_id,
        sequence=0,
        segment=wanted.segment.name,
        level=int(wanted.level),
        fallback=wanted.fallback,
        terms=wanted.terms(),
        until=datetime.fromisoformat(wanted.until) if wanted.until else None,
        reason=reason,
        incident_id=incident.id,
        by=doing.request.actor,
        at=doing.now,
    )
    oversight.change(doing.session, new)
    gating.follow(doing.services, doing.session, incident.model_id, doing.now)
    if new.until is not None:
        key = f"{ENDS}:{new.id}"
        timers.plan(
            doing.session, Timer(key=key, kind=ENDS, subject=incident.id, due_at=new.until, data={"change": new.id})
        )


def _stands(session: Session, held: OversightChange) -> bool:
    newest = oversight.current(session, held.model_id, held.segment)
    return newest is not None and newest.id == held.id
