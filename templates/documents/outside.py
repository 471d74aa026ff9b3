"""What letters and notices for people outside tell beside the story: no names, no words people wrote for each other."""

from collections.abc import Callable
from dataclasses import dataclass

from analysis.vocabulary import Oversight
from storage.incidents import IncidentView
from templates import affected, names
from templates.slack.mrkdwn import stamp


@dataclass(frozen=True)
class Remedy:
    """What was offered, to whom, and when that was recorded."""

    at: str
    offer: str
    to: str
    outcome: str


@dataclass(frozen=True)
class Outside:
    """The facts, cleaned for the format; an empty text is what nobody knows yet."""

    ended: str
    confirmed: str
    restraint: str
    remedies: list[Remedy]
    counted: list[str]


def of(view: IncidentView, c: Callable[[str], str]) -> Outside:
    """Return what may be told outside."""
    incident, change = view.incident, view.oversight
    made = [one for one in view.affected if one.status == "made"]
    return Outside(
        ended=stamp(incident.resolved_at) if incident.resolved_at else "",
        confirmed=stamp(incident.confirmed_at) if incident.confirmed_at else "",
        restraint=names.LEVEL[Oversight(change.level)].means if change and change.level else "",
        remedies=[
            Remedy(stamp(one.at), *(c(str(one.facts.get(key) or "")) for key in ("offer", "offered_to", "outcome")))
            for one in view.timeline
            if one.verb == "remedy"
        ],
        counted=[c(line) for line in affected.by_group(made[-1].counts)] if made else [],
    )
