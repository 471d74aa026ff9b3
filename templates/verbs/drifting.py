"""The words of what is decided about drift."""

from analysis.response.drift import FAMILIES
from analysis.vocabulary import Family
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import decided
from templates.slack import status
from templates.slack.mrkdwn import code
from templates.verbs.learning import asked
from templates.verbs.row import Asked, Facts, Modal, Option, Words, given, number


def _ways(view: IncidentView) -> list[Option]:
    return [Option(one.value, way.name, way.means) for one, way in decided.WAYS.items()]


def _line(entry: TimelineEntry, view: IncidentView) -> str:
    what = f"*{decided.name(entry.facts.get('decision'))}*"
    who = status.person(entry.actor, view)
    how = "decided" if (number(entry, "version") or 1) == 1 else "changed the decision"
    return f"🧭 {who} {how}: {what}.{given(entry, 'reason')}\n{asked(entry, view)}"


def _so_far(view: IncidentView) -> list[str]:
    entry = status.last(view, "decide")
    return [f"Decided so far: *{decided.name(entry.facts.get('decision'))}*."] if entry else []


def _done(facts: Facts) -> str:
    return f"Decided. {code(facts.get('follow_up', ''))} is asked for by its day; the weekly digest lists it till then."


VERBS = {
    "decide": Words(
        label="Decide",
        spoken="Decide: retrain, a new baseline, mend the data, or watch",
        may="decide on drift",
        past="decided on the drift",
        done=_done,
        line=_line,
        modal=Modal(
            title="What about the drift?",
            submit="Decide",
            does="Kept with its reason. Its owner is asked for it, and the weekly digest lists it until it is done.",
            fields={
                "decision": Asked("Decision", options=_ways),
                "reason": Asked("Reason", "What you looked at: sources, season, quality of the data"),
                "owner": Asked("Who sees to it", "Choose a person", chosen=lambda view: view.incident.acknowledged_by),
                "due": Asked("Until", hint="Left empty: 7 days from now, which is also the latest."),
            },
            about=_so_far,
        ),
        offered=lambda view: view.incident.merged_into is None and Family(view.incident.family) in FAMILIES,
    ),
}
