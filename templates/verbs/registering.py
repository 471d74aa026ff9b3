"""What happened in a model's registry without us, in the words of the thread."""

from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates.slack import registered
from templates.verbs.row import Happening


def _moved(entry: TimelineEntry, view: IncidentView) -> str:
    return registered.line(entry.facts)


def _appeared(entry: TimelineEntry, view: IncidentView) -> str:
    return registered.new(entry.facts)


HAPPENINGS = {
    "alias_moved": Happening("saw an alias moved in the registry", _moved),
    "version_appeared": Happening("saw a version appear in the registry", _appeared),
}
