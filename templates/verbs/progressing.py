"""The words of working on an incident: contained, investigated, being fixed, the fix looked at."""

from analysis.vocabulary import State
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import names
from templates.slack import status
from templates.verbs.row import Asked, Modal, Words, given

FIXED = frozenset({State.CONTAINED, State.INVESTIGATING, State.REMEDIATING, State.VERIFYING})


def _contain(entry: TimelineEntry, view: IncidentView) -> str:
    return f"🧯 {status.person(entry.actor, view)} contained it.{given(entry, 'note')}"


def _investigate(entry: TimelineEntry, view: IncidentView) -> str:
    return f"🔍 {status.person(entry.actor, view)} looks for the cause."


def _remediate(entry: TimelineEntry, view: IncidentView) -> str:
    return f"🛠️ {status.person(entry.actor, view)} is fixing it.{given(entry, 'note')}"


def _verify(entry: TimelineEntry, view: IncidentView) -> str:
    who = status.person(entry.actor, view)
    return f"🔬 {who}: the fix is in. The model is being looked at anew.{given(entry, 'note')}"


def _is_fixed(view: IncidentView) -> bool:
    return State(view.incident.state) in FIXED


def _again(view: IncidentView) -> str | None:
    return "Look again" if view.incident.state == State.VERIFYING else None


def _alone(view: IncidentView) -> list[str]:
    return [f"Now: {names.STATE[State(view.incident.state)]}."]


VERBS = {
    "verify": Words(
        label="Verify fix",
        spoken="Verify: the fix is in, look at the model anew",
        may="verify fixes",
        past="had the fix looked at",
        done=lambda facts: "The model is being looked at anew. The thread says before and after.",
        line=_verify,
        modal=Modal(
            title="Verify the fix",
            submit="Verify",
            does="Looks at the model anew; the thread says before and after.",
            fields={"note": Asked("What was changed", "The fix, and since when it is in")},
        ),
        offered=_is_fixed,
        labelled=_again,
        in_menu=False,
    ),
    "contain": Words(
        label="Contained",
        spoken="Contained: it does no more harm, by other means than a freeze",
        may="say that incidents are contained",
        past="contained it",
        done=lambda facts: "Noted: it is contained.",
        line=_contain,
        modal=Modal(
            title="Contained",
            submit="It is contained",
            does="It does no more harm, by other means than a freeze: traffic moved, a feature switched off.",
            fields={"note": Asked("How", "What was done, so that nobody is harmed any more")},
            about=_alone,
        ),
        offered=lambda view: view.incident.contained_at is None,
    ),
    "investigate": Words(
        label="Investigate",
        spoken="Investigate: say that somebody looks for the cause",
        may="investigate incidents",
        past="began to look for the cause",
        done=lambda facts: "Noted: you look for the cause.",
        line=_investigate,
    ),
    "remediate": Words(
        label="Start the fix",
        spoken="Start the fix: say what is being done about the cause",
        may="start fixes",
        past="began to fix it",
        done=lambda facts: "Noted: it is being fixed. When the fix is in, press *Verify fix*.",
        line=_remediate,
        modal=Modal(
            title="Start the fix",
            submit="Start",
            does="Tells everybody the plan. When the fix is in, press Verify fix.",
            fields={"note": Asked("The plan", "What will be changed, by whom, until when")},
            about=_alone,
        ),
    ),
}
