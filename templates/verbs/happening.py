"""What the bot does or sees by itself, in the words of the thread."""

from analysis.vocabulary import Severity, State
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import figures, names, reported, rollouts
from templates.slack import status
from templates.slack.mrkdwn import code
from templates.verbs.row import Happening, given, number

LONGEST_ERROR = 300


def _opened(entry: TimelineEntry, view: IncidentView) -> str:
    if entry.facts.get("reported"):
        kind = reported.kind(entry.facts["reported"])
        who = status.person(str(entry.facts.get("by")), view)
        did = "asked for it" if kind == reported.RESET else "reported it"
        return f"🗣️ {who} {did}: *{kind}*."
    whence = entry.facts.get("split_from")
    by = f", split off {code(whence)} by {status.person(str(entry.facts.get('by')), view)}" if whence else ""
    return f"🆕 Opened by alert {code(entry.facts.get('alert', '?'))}{by}."


def _export_made(entry: TimelineEntry, view: IncidentView) -> str:
    size = number(entry, "size")
    shown = f", {figures.size(size)}" if size else ""
    more = ", with what has come in since" if entry.facts.get("grown") else ""
    text = f"{version(entry)} is here{shown}{more}. SHA-256 {code(entry.facts.get('sha256', '?'))}"
    return f"📦 {names.first(text)}"


def _export_failed(entry: TimelineEntry, view: IncidentView) -> str:
    return f"⚠️ Could not gather {version(entry)}.{given(entry, 'error', LONGEST_ERROR)}"


def version(entry: TimelineEntry) -> str:
    """Return which evidence is meant."""
    counted = number(entry, "version")
    return f"version {counted} of the evidence" if counted else "the evidence"


def _severity_rose(entry: TimelineEntry, view: IncidentView) -> str:
    worse = entry.facts.get("severity")
    return f"⬆️ It has become worse: now {names.severity(worse) if worse in set(Severity) else 'more severe'}."


def _reopened(entry: TimelineEntry, view: IncidentView) -> str:
    blocked = rollouts.blocked(entry.facts.get("blocked"))
    return f"↩️ It is back ({code(entry.facts.get('alert', '?'))}), so the incident is open again.{blocked}"


def _recovered(entry: TimelineEntry, view: IncidentView) -> str:
    alert = code(entry.facts.get("alert", "?"))
    return f"💚 The newest check found {alert} back within its limits. Resolving it is up to you."


def _repeat(entry: TimelineEntry, view: IncidentView) -> str:
    repeats = number(entry, "repeats")
    return f"🔂 Seen again, {figures.counted(repeats, 'run')} so far." if repeats else "🔂 Seen again."


def _reminder(entry: TimelineEntry, view: IncidentView) -> str:
    return f"⏰ Still {names.STATE[State(view.incident.state)]}. Is somebody on it?"


HAPPENINGS = {
    "opened": Happening("opened it", _opened),
    "export_made": Happening("put the evidence into the thread", _export_made),
    "export_failed": Happening("could not gather the evidence", _export_failed),
    "severity_rose": Happening("raised its severity", _severity_rose),
    "reopened": Happening("reopened it", _reopened),
    "recovered": Happening("found it back within its limits", _recovered),
    "repeat": Happening("saw it again", _repeat),
    "reminder": Happening("asked whether somebody is on it", _reminder),
}
