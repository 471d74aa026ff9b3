"""The words of further reports of people about what an incident is about already."""

from analysis.vocabulary import Severity
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import names, reported
from templates.slack import status
from templates.verbs.row import Happening, given, number


def _again(entry: TimelineEntry, view: IncidentView) -> str:
    severity, count = entry.facts.get("severity"), number(entry, "count")
    rose = f" So it is {names.severity(str(severity))} now." if severity in set(Severity) else ""
    times = f", report {count} so far" if count else ""
    who, kind = status.person(entry.actor, view), reported.kind(entry.facts.get("kind"))
    return f"🗣️ {who} reported the same: *{kind}*{times}.{rose}{given(entry, 'description')}"


HAPPENINGS = {"reported_again": Happening("reported the same", _again)}
