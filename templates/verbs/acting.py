"""The first words of a response: acknowledge, freeze, export, retrain, escalate, unfreeze."""

from analysis.vocabulary import Duty, Oversight, Severity
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import figures, finding, names, plain, steps
from templates.slack import status
from templates.slack.mrkdwn import code, quote, said
from templates.verbs import calling
from templates.verbs.happening import retrain, version
from templates.verbs.row import LONGEST_REASON, Asked, Facts, Modal, Option, Words, given, number

LONGEST_SENTENCE = 300
OFFERED = (
    Oversight.PAUSED, Oversight.REVIEW_ALL, Oversight.REVIEW_BELOW_CONFIDENCE, Oversight.INCREASED_MONITORING,
)  # fmt: skip


def _acknowledge(entry: TimelineEntry, view: IncidentView) -> str:
    took = figures.span(entry.at - view.incident.opened_at)
    leads = " and commands it" if entry.facts.get("duty") == Duty.COMMANDER else ""
    return f"✋ {status.person(entry.actor, view)} has it{leads}, {took} after it opened. The calls have stopped."


def _taken(facts: Facts) -> str:
    leads = " You command it until somebody else does (*Roles*)." if facts.get("duty") == Duty.COMMANDER else ""
    return f"You have it. The calls have stopped.{leads}"


def _freeze(entry: TimelineEntry, view: IncidentView) -> str:
    given_level = number(entry, "level")
    level = Oversight(given_level) if given_level in set(Oversight) else None
    means = (
        f"*level {given_level}, {names.LEVEL[level].name.lower()}*: {names.LEVEL[level].means}"
        if level
        else "restrained"
    )
    fallback = f" Served instead: {code(entry.facts['fallback'])}." if entry.facts.get("fallback") else ""
    return f"❄️ {status.person(entry.actor, view)} set the model to {means}.{fallback}{given(entry, 'reason')}"


def _unfreeze(entry: TimelineEntry, view: IncidentView) -> str:
    was = number(entry, "was")
    before = f" (was level {was})" if was else ""
    return f"🟢 {status.person(entry.actor, view)} let the model decide again{before}.{given(entry, 'reason')}"


def _export(entry: TimelineEntry, view: IncidentView) -> str:
    return f"📦 {status.person(entry.actor, view)} asked for {version(entry)}; it is being gathered."


def _retrain(entry: TimelineEntry, view: IncidentView) -> str:
    notes = f"\n> Notes: {quote(entry.facts['notes'], LONGEST_REASON)}" if entry.facts.get("notes") else ""
    why = given(entry, "reason") + notes
    return f"🔁 {status.person(entry.actor, view)} asked for retrain {retrain(entry)}.{why}"


def is_restrained(view: IncidentView) -> bool:
    """Return whether the model is under a restraint now."""
    return view.oversight is not None and view.oversight.level > 0


def _change_freeze(view: IncidentView) -> str | None:
    return "Change freeze" if is_restrained(view) else None


def _restraint(view: IncidentView) -> str:
    change = view.oversight
    if change is None or not change.level:
        return "Now: level 0, normal operation."
    return f"Now: *{status.restraint(change)}*, by {status.who(change.by)}."


def _before_freezing(view: IncidentView) -> list[str]:
    raised = finding.raised(view.alerts[0] if view.alerts else None)
    affected = plain.affected(view.incident.family, raised, finding.report(view.report))
    return [f"👥 {said(affected, LONGEST_SENTENCE)}", _restraint(view)]


def _before_unfreezing(view: IncidentView) -> list[str]:
    worst = {view.incident.severity, *(alert.severity for alert in view.alerts)}
    is_critical = Severity.CRITICAL in worst  # lowering it first is no way around
    second = "👥 The incident is critical or was, so a second person has to approve this; they are asked in the thread."
    return [_restraint(view), second if is_critical else ""]


def _levels(view: IncidentView) -> list[Option]:
    return [
        Option(str(int(level)), f"{int(level)} · {names.LEVEL[level].name}", names.LEVEL[level].means)
        for level in OFFERED
    ]


def _chosen(view: IncidentView) -> str:
    """Return the level that is chosen at first: the one in force, else the one advised for the severity."""
    level = view.oversight.level if is_restrained(view) and view.oversight is not None else _advised(view)
    return str(int(level))


def _advised(view: IncidentView) -> Oversight:
    return max(steps.RESTRAIN[Severity(view.incident.severity)], Oversight.INCREASED_MONITORING)


def _hint(view: IncidentView) -> str:
    return f"Level {int(_advised(view))} is advised at this severity."


def _level(level: object) -> str:
    if not isinstance(level, int) or level not in set(Oversight):
        return "its new level"
    return f"level {level}, {names.LEVEL[Oversight(level)].name.lower()}"


VERBS = {
    "acknowledge": Words(
        label="Acknowledge",
        spoken="Acknowledge: stop the calls and take the incident",
        may="acknowledge incidents",
        past="acknowledged it",
        done=_taken,
        line=_acknowledge,
        in_menu=False,
    ),
    "freeze": Words(
        label="Freeze",
        spoken="Freeze: restrain or pause the model",
        may="freeze models",
        past="set how far the model is restrained",
        done=lambda facts: f"Done: the model is at {_level(facts.get('level'))}.",
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
                    "Left empty: the fallback that the policy names, if any.",
                ),
                "reason": Asked("Reason", "Why the model must not go on like this"),
            },
            about=_before_freezing,
        ),
        labelled=_change_freeze,
        in_menu=False,
    ),
    "export": Words(
        label="Export evidence",
        spoken="Export the evidence of this incident",
        may="export evidence",
        past="asked for the evidence",
        done=lambda facts: "The evidence is being gathered. It will appear in the thread with its SHA-256.",
        line=_export,
        in_menu=False,
    ),
    "retrain": Words(
        label="Retrain",
        spoken="Start a retrain of the model",
        may="start retrains",
        past="asked for a retrain",
        done=lambda facts: f"Retrain {code(facts.get('retrain', ''))} will start shortly. The thread follows it.",
        line=_retrain,
        modal=Modal(
            title="Retrain the model",
            submit="Start retrain",
            does="Starts the model's pipeline; the thread follows it.",
            fields={
                "reason": Asked("Reason", "What the new model has to do better"),
                "notes": Asked("Notes for the pipeline", "Data to leave out, settings to try"),
            },
        ),
        in_menu=False,
    ),
    "escalate": Words(
        label="Escalate",
        spoken="Escalate: call the next people",
        may="escalate incidents",
        past="escalated it",
        done=calling.called,
        line=calling.line,
        modal=Modal(
            title="Escalate",
            submit="Escalate",
            does="Calls the next people now, before their time.",
            fields={"reason": Asked("Reason", "What you need from them")},
        ),
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
