"""The words of retraining: asking for it, ending it early, how the pipeline and the candidate did."""

from collections.abc import Mapping

from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import validated
from templates.slack import status
from templates.slack.blocks import Block
from templates.slack.mrkdwn import code, quote
from templates.verbs.row import LONGEST_REASON, Asked, Facts, Happening, Modal, Words, given, number

LONGEST_ERROR = 300


def retrain(entry: TimelineEntry) -> str:
    """Return the id of the retrain."""
    return code(entry.facts.get("retrain", "?"))


def _asked(entry: TimelineEntry, view: IncidentView) -> str:
    notes = f"\n> Notes: {quote(entry.facts['notes'], LONGEST_REASON)}" if entry.facts.get("notes") else ""
    why = given(entry, "reason") + notes
    return f"🔁 {status.person(entry.actor, view)} asked for retrain {retrain(entry)}.{why}"


def _cancel(entry: TimelineEntry, view: IncidentView) -> str:
    did = "ended" if entry.facts.get("over") else "is ending"
    return f"⏹️ {status.person(entry.actor, view)} {did} retrain {retrain(entry)}.{given(entry, 'reason')}"


def _started(entry: TimelineEntry, view: IncidentView) -> str:
    return f"🔁 Retrain {retrain(entry)} has started."


def _trained(entry: TimelineEntry, view: IncidentView) -> str:
    return f"🔬 Retrain {retrain(entry)} is trained; its candidate is being judged."


def _passed(entry: TimelineEntry, view: IncidentView) -> str:
    version = code(entry.facts.get("version", "?"))
    head = f"✅ *The candidate of {retrain(entry)} has passed*: version {version} may be promoted."
    return "\n".join([head, *_sentences(entry)])


def _refused(entry: TimelineEntry, view: IncidentView) -> str:
    version = code(entry.facts.get("version", "?"))
    head = f"❌ *The candidate of {retrain(entry)} did not pass*: version {version} must not serve."
    return "\n".join([head, *_sentences(entry)])


def _failed(entry: TimelineEntry, view: IncidentView) -> str:
    exit_code = number(entry, "exit_code")
    ended = f" with exit code {exit_code}" if exit_code else ""
    return f"❌ Retrain {retrain(entry)} failed{ended}.{given(entry, 'error', LONGEST_ERROR)}"


def _cancelled(entry: TimelineEntry, view: IncidentView) -> str:
    return f"⏹️ Retrain {retrain(entry)} has ended: it was cancelled. Nothing of it serves."


def _sentences(entry: TimelineEntry) -> list[str]:
    kept = entry.facts.get("validation")
    return validated.sentences(kept) if isinstance(kept, Mapping) else []


def _table(entry: TimelineEntry) -> list[Block]:
    kept = entry.facts.get("validation")
    return validated.table(kept) if isinstance(kept, Mapping) else []


def _before(view: IncidentView) -> list[str]:
    newest = view.retrains[-1] if view.retrains else None
    return [f"The last one was {code(newest.id)}: {status.retrained(newest)}."] if newest else []


def _is_under_way(view: IncidentView) -> bool:
    return any(one.status in status.UNDER_WAY for one in view.retrains)


def _done(facts: Facts) -> str:
    return f"Retrain {code(facts.get('retrain', ''))} will start shortly. The thread follows it."


def _ended(facts: Facts) -> str:
    done = "is cancelled" if facts.get("over") else "is being ended; the thread says when it has"
    return f"Retrain {code(facts.get('retrain', ''))} {done}."


VERBS = {
    "retrain": Words(
        label="Retrain",
        spoken="Start a retrain of the model",
        may="start retrains",
        past="asked for a retrain",
        done=_done,
        line=_asked,
        modal=Modal(
            title="Retrain the model",
            submit="Start retrain",
            does="Starts the model's pipeline; its candidate is then judged against the champion and the baseline.",
            fields={
                "reason": Asked("Reason", "What the new model has to do better"),
                "notes": Asked("Notes for the pipeline", "Data to leave out, settings to try"),
                "baseline": Asked("Held against", "2026-11-02-v1", "A version of the baseline. Empty: the active one."),
            },
            about=_before,
        ),
        in_menu=False,
    ),
    "cancel_retrain": Words(
        label="Cancel retrain",
        spoken="Cancel the retrain that is under way",
        may="cancel retrains",
        past="cancelled the retrain",
        done=_ended,
        line=_cancel,
        modal=Modal(
            title="Cancel the retrain",
            submit="Cancel it",
            does="Ends the pipeline and all that it has started.",
            fields={"reason": Asked("Reason", "Why it must not go on")},
        ),
        offered=_is_under_way,
    ),
}

HAPPENINGS = {
    "retrain_started": Happening("started the retrain", _started),
    "retrain_trained": Happening("finished the training", _trained),
    "retrain_passed": Happening("saw the candidate pass", _passed, shows=_table),
    "retrain_refused": Happening("saw that the candidate does not pass", _refused, shows=_table),
    "retrain_failed": Happening("saw the retrain fail", _failed),
    "retrain_cancelled": Happening("saw the retrain end", _cancelled),
}
