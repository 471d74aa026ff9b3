"""What a model leaves to people, in the words of the thread: that too many wait, that there is room again."""

from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import cases, figures, finding
from templates.verbs.row import Happening


def _full(entry: TimelineEntry, view: IncidentView) -> str:
    return cases.full(entry.facts)


def _again(entry: TimelineEntry, view: IncidentView) -> str:
    left = figures.counted(finding.whole(entry.facts, "waiting") or 0, "request")
    return f"📥 Requests for people are taken again; {left} still to be decided."


def _wait(entry: TimelineEntry, view: IncidentView) -> str:
    return cases.wait(entry.facts)


HAPPENINGS = {
    "cases_full": Happening("saw more requests than people may be left with", _full),
    "cases_wait": Happening("saw requests wait for people", _wait),
    "cases_again": Happening("took requests for people again", _again),
}
