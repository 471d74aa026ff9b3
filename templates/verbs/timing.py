"""The words of clocks: time runs out, it is over, a clock rests and goes on."""

from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import finding, names
from templates.slack import clocks
from templates.slack.mrkdwn import countdown, mention
from templates.verbs.row import Happening


def _people(entry: TimelineEntry) -> str:
    return " ".join(mention(str(one)) for one in entry.facts.get("people", []))


def _due(entry: TimelineEntry) -> str:
    at = finding.moment(entry.facts.get("due"))
    return countdown(at) if at else "soon"


def _warned(entry: TimelineEntry, view: IncidentView) -> str:
    what = names.first(clocks.owed(entry.facts.get("clock")))
    return f"⏳ *{what}* is due {_due(entry)}. {_people(entry)}".rstrip()


def _breached(entry: TimelineEntry, view: IncidentView) -> str:
    what = names.first(clocks.owed(entry.facts.get("clock")))
    return f"🚨 *{what}* is late: it was due {_due(entry)}. {_people(entry)}".rstrip()


HAPPENINGS = {
    "clock_warn": Happening("warned that time runs out", _warned),
    "clock_breached": Happening("noted that the time is over", _breached),
}
