"""The first words of a response: acknowledge, export, escalate."""

from analysis.vocabulary import Duty
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import figures
from templates.slack import status
from templates.verbs import calling
from templates.verbs.happening import version
from templates.verbs.row import Asked, Facts, Modal, Words


def _acknowledge(entry: TimelineEntry, view: IncidentView) -> str:
    took = figures.span(entry.at - view.incident.opened_at)
    leads = " and commands it" if entry.facts.get("duty") == Duty.COMMANDER else ""
    return f"✋ {status.person(entry.actor, view)} has it{leads}, {took} after it opened. The calls have stopped."


def _taken(facts: Facts) -> str:
    leads = " You command it until somebody else does (*Roles*)." if facts.get("duty") == Duty.COMMANDER else ""
    return f"You have it. The calls have stopped.{leads}"


def _export(entry: TimelineEntry, view: IncidentView) -> str:
    return f"📦 {status.person(entry.actor, view)} asked for {version(entry)}; it is being gathered."


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
    "export": Words(
        label="Export evidence",
        spoken="Export the evidence of this incident",
        may="export evidence",
        past="asked for the evidence",
        done=lambda facts: "The evidence is being gathered. It will appear in the thread with its SHA-256.",
        line=_export,
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
}
