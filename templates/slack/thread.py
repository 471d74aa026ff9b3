"""The incident's thread: its timeline told one line at a time. Routine lines name people and ring nobody."""

from collections.abc import Callable

from analysis.vocabulary import Oversight, Severity, State
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import figures, finding, names
from templates.slack import status
from templates.slack.blocks import Message, section
from templates.slack.mrkdwn import code, mention, quote, said

LONGEST_REASON = 1_000
LONGEST_ERROR = 300

Line = Callable[[TimelineEntry, IncidentView], str]


def line(entry: TimelineEntry, view: IncidentView) -> Message:
    """Return what happened as one line; a verb without a row is told as it is."""
    text = LINES.get(entry.verb, _unknown)(entry, view)
    return Message(text, [section(text)])


def _given(entry: TimelineEntry, key: str, most: int = LONGEST_REASON) -> str:
    value = entry.facts.get(key)
    return f"\n> {quote(value, most)}" if value else ""


def _opened(entry: TimelineEntry, view: IncidentView) -> str:
    return f"🆕 Opened by alert {code(entry.facts.get('alert', '?'))}."


def _called(entry: TimelineEntry, view: IncidentView) -> str:
    people = " ".join(mention(str(one)) for one in entry.facts.get("people", []))
    roles = status.called(entry)
    return f"📣 Calling {roles}: {people}" if people else f"📣 Calling {roles}. Nobody holds that role in the policy."


def _acknowledge(entry: TimelineEntry, view: IncidentView) -> str:
    took = figures.span(entry.at - view.incident.opened_at)
    return f"✋ {status.person(entry.actor, view)} has it, {took} after it opened. The calls have stopped."


def _freeze(entry: TimelineEntry, view: IncidentView) -> str:
    number = finding.whole(entry.facts, "level")
    level = Oversight(number) if number in set(Oversight) else None
    means = (
        f"*level {number}, {names.LEVEL[level].name.lower()}*: {names.LEVEL[level].means}" if level else "restrained"
    )
    fallback = f" Served instead: {code(entry.facts['fallback'])}." if entry.facts.get("fallback") else ""
    return f"❄️ {status.person(entry.actor, view)} set the model to {means}.{fallback}{_given(entry, 'reason')}"


def _unfreeze(entry: TimelineEntry, view: IncidentView) -> str:
    was = finding.whole(entry.facts, "was")
    before = f" (was level {was})" if was else ""
    return f"🟢 {status.person(entry.actor, view)} let the model decide again{before}.{_given(entry, 'reason')}"


def _export(entry: TimelineEntry, view: IncidentView) -> str:
    return f"📦 {status.person(entry.actor, view)} asked for {_version(entry)}; it is being gathered."


def _export_made(entry: TimelineEntry, view: IncidentView) -> str:
    size = finding.whole(entry.facts, "size")
    shown = f", {figures.size(size)}" if size else ""
    text = f"{_version(entry)} is here{shown}. SHA-256 {code(entry.facts.get('sha256', '?'))}"
    return f"📦 {names.first(text)}"


def _export_failed(entry: TimelineEntry, view: IncidentView) -> str:
    return f"⚠️ Could not gather {_version(entry)}.{_given(entry, 'error', LONGEST_ERROR)}"


def _version(entry: TimelineEntry) -> str:
    number = finding.whole(entry.facts, "version")
    return f"version {number} of the evidence" if number else "the evidence"


def _retrain(entry: TimelineEntry, view: IncidentView) -> str:
    notes = f"\n> Notes: {quote(entry.facts['notes'], LONGEST_REASON)}" if entry.facts.get("notes") else ""
    why = _given(entry, "reason") + notes
    return f"🔁 {status.person(entry.actor, view)} asked for retrain {_id(entry)}.{why}"


def _retrain_started(entry: TimelineEntry, view: IncidentView) -> str:
    return f"🔁 Retrain {_id(entry)} has started."


def _retrain_finished(entry: TimelineEntry, view: IncidentView) -> str:
    check = code(f"/ethix analyze {view.model.id}")
    return f"✅ Retrain {_id(entry)} has finished. Check the model before it serves: {check}"


def _retrain_failed(entry: TimelineEntry, view: IncidentView) -> str:
    exit_code = finding.whole(entry.facts, "exit_code")
    ended = f" with exit code {exit_code}" if exit_code is not None else ""
    return f"❌ Retrain {_id(entry)} failed{ended}.{_given(entry, 'error', LONGEST_ERROR)}"


def _id(entry: TimelineEntry) -> str:
    return code(entry.facts.get("retrain", "?"))


def _escalate(entry: TimelineEntry, view: IncidentView) -> str:
    people = " ".join(mention(str(one)) for one in entry.facts.get("people", []))
    why = (
        "Nobody acknowledged in time" if entry.facts.get("waited") else f"{status.person(entry.actor, view)} escalates"
    )
    step = finding.whole(entry.facts, "step")
    number = f" (step {step + 1})" if step is not None else ""
    called = f"{status.called(entry)}{number}" + (f" {people}" if people else "")
    return f"📣 {why}: calling {called}.{_given(entry, 'reason')}"


def _resolve(entry: TimelineEntry, view: IncidentView) -> str:
    took = figures.span(entry.at - view.incident.opened_at)
    return f"✅ {status.person(entry.actor, view)} resolved it after {took}.{_given(entry, 'note')}"


def _severity_rose(entry: TimelineEntry, view: IncidentView) -> str:
    worse = entry.facts.get("severity")
    return f"⬆️ It has become worse: now {names.severity(worse) if worse in set(Severity) else 'more severe'}."


def _reopened(entry: TimelineEntry, view: IncidentView) -> str:
    return f"↩️ It is back ({code(entry.facts.get('alert', '?'))}), so the incident is open again."


def _recovered(entry: TimelineEntry, view: IncidentView) -> str:
    alert = code(entry.facts.get("alert", "?"))
    return f"💚 The newest check found {alert} back within its limits. Resolving it is up to you."


def _repeat(entry: TimelineEntry, view: IncidentView) -> str:
    number = finding.whole(entry.facts, "repeats")
    return f"🔂 Seen again, {figures.counted(number, 'run')} so far." if number else "🔂 Seen again."


def _reminder(entry: TimelineEntry, view: IncidentView) -> str:
    return f"⏰ Still {names.STATE[State(view.incident.state)]}. Is somebody on it?"


def _unknown(entry: TimelineEntry, view: IncidentView) -> str:
    why = _given(entry, "reason") + _given(entry, "note")
    return f"{status.person(entry.actor, view)}: {said(entry.verb.replace('_', ' '))}.{why}"


LINES: dict[str, Line] = {
    "opened": _opened,
    "called": _called,
    "acknowledge": _acknowledge,
    "freeze": _freeze,
    "unfreeze": _unfreeze,
    "export": _export,
    "export_made": _export_made,
    "export_failed": _export_failed,
    "retrain": _retrain,
    "retrain_started": _retrain_started,
    "retrain_finished": _retrain_finished,
    "retrain_failed": _retrain_failed,
    "escalate": _escalate,
    "resolve": _resolve,
    "severity_rose": _severity_rose,
    "reopened": _reopened,
    "recovered": _recovered,
    "repeat": _repeat,
    "reminder": _reminder,
}
