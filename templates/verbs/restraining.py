"""Freeze and unfreeze: how far a model is restrained, for whom and until when."""

from datetime import datetime

from analysis.response.restraint import throttle_of
from analysis.vocabulary import Oversight, Severity
from storage.incidents import IncidentView
from storage.registry import FALLBACK
from storage.tables import OversightChange, TimelineEntry
from templates import finding, names, plain, steps
from templates.slack import status
from templates.slack.mrkdwn import code, date, said
from templates.verbs.row import Asked, Facts, Happening, Modal, Option, Words, given, number

LONGEST_SENTENCE = 300
OFFERED = (
    Oversight.PAUSED, Oversight.REVIEW_ALL, Oversight.REVIEW_BELOW_CONFIDENCE, Oversight.INCREASED_MONITORING,
)  # fmt: skip


def _freeze(entry: TimelineEntry, view: IncidentView) -> str:
    given_level = number(entry, "level")
    level = Oversight(given_level) if given_level in set(Oversight) else None
    means = (
        f"*level {given_level}, {names.LEVEL[level].name.lower()}*: {names.LEVEL[level].means}"
        if level
        else "restrained"
    )
    return (
        f"❄️ {status.person(entry.actor, view)} set the model to {means}.{_terms(entry.facts)}{given(entry, 'reason')}"
    )


def _terms(facts: Facts) -> str:
    """Return for whom it is, what is served instead, how many requests, and until when."""
    until = facts.get("until")
    nothing = "*Nothing is served instead: requests get no answer.*" if facts.get("level") == Oversight.PAUSED else ""
    said = [
        f"Only for {code(facts['segment'])}." if facts.get("segment") else "",
        f"Served instead: {code(facts['fallback'])}." if facts.get("fallback") else nothing,
        f"At most {code(facts['throttle'])}." if facts.get("throttle") else "",
        f"Until {date(datetime.fromisoformat(str(until)))}." if until else "",
    ]
    return "".join(f" {one}" for one in said if one)


def _done(facts: Facts) -> str:
    only = f" for {code(facts['segment'])}" if facts.get("segment") else ""
    return f"Done: the model is at {_level(facts.get('level'))}{only}."


def _frozen(entry: TimelineEntry, view: IncidentView) -> str:
    level = _level(number(entry, "level"))
    return f"❄️ The model was set to *{level}* at once, as the policy says for critical incidents.{_terms(entry.facts)}"


def _restraint_over(entry: TimelineEntry, view: IncidentView) -> str:
    level = _level(number(entry, "level"))
    return f"🟢 The time of the restraint to {level} is over{_for(entry)}: the model decides again."


def _restraint_due(entry: TimelineEntry, view: IncidentView) -> str:
    level, set_by = _level(number(entry, "level")), status.person(str(entry.facts.get("by") or "system"), view)
    return (
        f"⏳ The restraint to {level} that {set_by} set was to end now{_for(entry)}. It stays: at a critical incident"
        " ending it takes two people. Press *Unfreeze* to ask for it."
    )


def _for(entry: TimelineEntry) -> str:
    return f" for {code(entry.facts['segment'])}" if entry.facts.get("segment") else ""


def _unfreeze(entry: TimelineEntry, view: IncidentView) -> str:
    was = number(entry, "was")
    before = f" (was level {was})" if was else ""
    return f"🟢 {status.person(entry.actor, view)} let the model decide again{before}.{given(entry, 'reason')}"


def is_restrained(view: IncidentView) -> bool:
    """Return whether the model is under a restraint now."""
    return view.oversight is not None and view.oversight.level > 0


def _change_freeze(view: IncidentView) -> str | None:
    return "Change freeze" if is_restrained(view) else None


def _restraint(view: IncidentView) -> str:
    change = view.oversight
    if change is None or not change.level:
        return "Now: level 0, normal operation."
    until = f", until {date(change.until)}" if change.until else ""
    more = [f" Also {status.restraint(one)}." for one in view.restraints if one.id != change.id]
    return f"Now: *{status.restraint(change)}*{until}, by {status.who(change.by)}.{''.join(more)}"


def _before_freezing(view: IncidentView) -> list[str]:
    raised = finding.raised(view.alerts[0] if view.alerts else None)
    affected = plain.affected(view.incident.family, raised, finding.report(view.report))
    return [f"👥 {said(affected, LONGEST_SENTENCE)}", _restraint(view)]


def _before_unfreezing(view: IncidentView) -> list[str]:
    is_critical = Severity.CRITICAL in _worst(view)  # lowering it first is no way around
    second = (
        "👥 An incident of the model is critical or was, so a second person has to approve this; they are asked in the"
        " thread."
    )
    return [_restraint(view), second if is_critical else ""]


def _end_of_freeze(view: IncidentView) -> str:
    if Severity.CRITICAL in _worst(view):
        return "Left empty: until somebody unfreezes it. At its end you are asked: ending it takes two people."
    return "Left empty: until somebody unfreezes it. At its end the model decides again by itself."


def _worst(view: IncidentView) -> set[str]:
    """Return how bad it and each other open incident of the model are: none is freed by way of another."""
    mine = {view.incident.severity, *(alert.severity for alert in view.alerts)}
    return mine | {other.severity for other in view.others}


def _levels(view: IncidentView) -> list[Option]:
    return [
        Option(str(int(level)), f"{int(level)} · {names.LEVEL[level].name}", names.LEVEL[level].means)
        for level in OFFERED
    ]


def _chosen(view: IncidentView) -> str:
    """Return the level that is chosen at first: the one in force, else the one advised for the severity."""
    held = _whole(view)
    return str(int(held.level if held else _advised(view)))


def _whole(view: IncidentView) -> OversightChange | None:
    """Return what restrains every request: the form begins with it, so that a change loses nothing of it."""
    return next((one for one in view.restraints if not one.segment), None)


def _fallback(view: IncidentView) -> str | None:
    """Return what is served instead, where that is not what an empty field stands for."""
    held, aliases = _whole(view), view.serving.aliases if view.serving else {}
    return held.fallback if held and held.fallback != aliases.get(FALLBACK) else None


def _throttle(view: IncidentView) -> str | None:
    held = _whole(view)
    rate = throttle_of(held.terms) if held else None
    return rate.words if rate else None


def _advised(view: IncidentView) -> Oversight:
    return max(steps.RESTRAIN[Severity(view.incident.severity)], Oversight.INCREASED_MONITORING)


def _hint(view: IncidentView) -> str:
    return f"Level {int(_advised(view))} is advised at this severity."


def _level(level: object) -> str:
    if not isinstance(level, int) or level not in set(Oversight):
        return "its new level"
    return f"level {level}, {names.LEVEL[Oversight(level)].name.lower()}"


VERBS = {
    "freeze": Words(
        label="Freeze",
        spoken="Freeze: restrain or pause the model",
        may="freeze models",
        past="set how far the model is restrained",
        done=_done,
        line=_freeze,
        modal=Modal(
            title="Freeze the model",
            submit="Freeze",
            does="Restrains the model at once, until somebody unfreezes it.",
            fields={
                "level": Asked("How far?", hint=_hint, options=_levels, chosen=_chosen),
                "fallback": Asked(
                    "Serve instead",
                    "A version, or the name of a set of rules",
                    "Left empty: at levels 3 and 4 the fallback that the registry or the policy names. Paused without"
                    " one, the model answers nothing.",
                    chosen=_fallback,
                ),
                "reason": Asked("Reason", "Why the model must not go on like this"),
                "segment": Asked("Only for", "sex=Female; race=Black, White", "Left empty: every request."),
                "throttle": Asked(
                    "At most",
                    "20/s, or 90/min",
                    "Of each process of the service; requests beyond it get no answer. Empty: no limit.",
                    chosen=_throttle,
                ),
                "until": Asked("Until", hint=_end_of_freeze),
            },
            about=_before_freezing,
        ),
        labelled=_change_freeze,
        in_menu=False,
    ),
    "unfreeze": Words(
        label="Unfreeze",
        spoken="Unfreeze: let the model decide again",
        may="unfreeze models",
        past="unfroze the model",
        done=lambda facts: "Done: the model decides again.",
        line=_unfreeze,
        modal=Modal(
            title="Unfreeze the model",
            submit="Unfreeze",
            does="Lets the model decide again, as before the incident.",
            fields={"reason": Asked("Reason", "What has changed, so that the model may decide again")},
            about=_before_unfreezing,
        ),
        offered=is_restrained,
        in_menu=False,
    ),
}

HAPPENINGS = {
    "frozen": Happening("froze the model", _frozen, ("unfreeze",)),
    "restraint_over": Happening("ended the restraint", _restraint_over),
    "restraint_due": Happening("asked about the restraint", _restraint_due, ("unfreeze",)),
}
