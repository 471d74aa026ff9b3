"""The first words of a response: acknowledge, freeze, export, retrain, escalate, unfreeze."""

from analysis.vocabulary import Duty
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import figures
from templates.slack import status
from templates.slack.mrkdwn import code, quote
from templates.verbs import calling
from templates.verbs.happening import retrain, version
from templates.verbs.row import LONGEST_REASON, Asked, Facts, Modal, Words, given


def _acknowledge(entry: TimelineEntry, view: IncidentView) -> str:
    took = figures.span(entry.at - view.incident.opened_at)
    leads = " and commands it" if entry.facts.get("duty") == Duty.COMMANDER else ""
    return f"✋ {status.person(entry.actor, view)} has it{leads}, {took} after it opened. The calls have stopped."


def _taken(facts: Facts) -> str:
    leads = " You command it until somebody else does (*Roles*)." if facts.get("duty") == Duty.COMMANDER else ""
    return f"You have it. The calls have stopped.{leads}"


def _export(entry: TimelineEntry, view: IncidentView) -> str:
    return f"📦 {status.person(entry.actor, view)} asked for {version(entry)}; it is being gathered."


def _retrain(entry: TimelineEntry, view: IncidentView) -> str:
    notes = f"\n> Notes: {quote(entry.facts['notes'], LONGEST_REASON)}" if entry.facts.get("notes") else ""
    why = given(entry, "reason") + notes
    return f"🔁 {status.person(entry.actor, view)} asked for retrain {retrain(entry)}.{why}"


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
}
