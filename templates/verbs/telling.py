"""The words of telling stakeholders: what went out by itself, what waits to be released, who let it go."""

from analysis.vocabulary import Role
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import names
from templates.slack import status
from templates.slack.mrkdwn import code, said
from templates.verbs.row import Asked, Happening, Modal, Option, Words


def waiting(view: IncidentView) -> list[TimelineEntry]:
    """Return the messages that nobody has released yet."""
    gone = {entry.facts.get("name") for entry in view.timeline if entry.verb in ("tell", "told")}
    return [one for one in view.timeline if one.verb == "told_waits" and one.facts.get("name") not in gone]


def _options(view: IncidentView) -> list[Option]:
    return [
        Option(str(one.facts["name"]), str(one.facts["name"]), f"for {one.facts.get('audience')}")
        for one in waiting(view)
    ]


def _told(entry: TimelineEntry, view: IncidentView) -> str:
    people = [status.person(str(one), view) for one in entry.facts.get("told", [])]
    channels = [f"#{said(one)}" for one in entry.facts.get("channels", [])]
    to = names.listed([*people, *channels]) or "nobody: no one holds the roles it is for"
    return f"📨 Told {code(entry.facts.get('name', '?'))} ({said(entry.facts.get('audience', '?'))}): {to}."


def _waits(entry: TimelineEntry, view: IncidentView) -> str:
    roles = [names.ROLE[Role(one)] for one in entry.facts.get("release", []) if one in set(Role)]
    name, audience = code(entry.facts.get("name", "?")), said(entry.facts.get("audience", "?"))
    return f"📨 The message {name} for {audience} waits until {names.listed(roles, 'or') or 'somebody'} releases it."


def _released(entry: TimelineEntry, view: IncidentView) -> str:
    return f"📨 {status.person(entry.actor, view)} released {code(entry.facts.get('name', '?'))}."


VERBS = {
    "tell": Words(
        label="Release a message",
        spoken="Release a message: let go what waits to be told outside",
        may="release this message",
        past="released a message",
        done=lambda facts: f"Released: {code(facts.get('name', '?'))} goes out now.",
        line=_released,
        modal=Modal(
            title="Release a message",
            submit="Release",
            does="It goes out as it is made from the record; the policy says to whom.",
            fields={"telling": Asked("Which message", options=_options)},
        ),
        offered=lambda view: bool(waiting(view)),
    ),
}

HAPPENINGS = {
    "told": Happening("told stakeholders", _told),
    "told_waits": Happening("waits for a release", _waits, buttons=("tell",)),
}
