"""The words of joining and parting: one cause that came as two incidents, two causes in one."""

from analysis.vocabulary import Family
from storage.incidents import IncidentView
from storage.tables import Alert, Incident, TimelineEntry
from templates import names, plain
from templates.slack import status
from templates.slack.mrkdwn import code
from templates.verbs.row import Asked, Happening, Modal, Option, Words, given

LONGEST = 60


def _others(view: IncidentView) -> list[Option]:
    return [Option(one.id, _named(one)) for one in view.others]


def _named(one: Incident) -> str:
    return f"{one.id} · {names.severity(one.severity)} · {names.FAMILY[Family(one.family)]}"


def _alerts(view: IncidentView) -> list[Option]:
    return [Option(one.id, _short(one)) for one in view.alerts] if len(view.alerts) > 1 else []


def _short(one: Alert) -> str:
    said = plain.told(one)[0]
    return f"{one.id} · {said if len(said) <= LONGEST else said[:LONGEST] + '…'}"


def _merge(entry: TimelineEntry, view: IncidentView) -> str:
    into = code(entry.facts.get("into", "?"))
    who = status.person(entry.actor, view)
    return f"🔗 {who} made it a part of {into}: go on there.{given(entry, 'reason')}"


def _merged(entry: TimelineEntry, view: IncidentView) -> str:
    alerts = names.listed([code(one) for one in entry.facts.get("alerts", [])])
    came = f" with {alerts}" if alerts else ""
    return f"🔗 {status.person(entry.actor, view)} made {code(entry.facts.get('incident', '?'))} a part of this{came}."


def _split(entry: TimelineEntry, view: IncidentView) -> str:
    alert, new = (code(entry.facts.get(key, "?")) for key in ("alert", "new"))
    return f"✂️ {status.person(entry.actor, view)} gave {alert} an incident of its own, {new}.{given(entry, 'reason')}"


VERBS = {
    "merge": Words(
        label="Merge",
        spoken="Merge: make it a part of another incident",
        may="merge incidents",
        past="made it a part of another",
        done=lambda facts: f"Done: it is a part of {code(facts.get('into', ''))} now.",
        line=_merge,
        modal=Modal(
            title="Merge into another",
            submit="Merge",
            does="Ends this incident; its alerts go to the other one, and people go on there.",
            fields={
                "into": Asked("Into which", options=_others),
                "reason": Asked("Reason", "Why both have one cause"),
            },
        ),
        offered=lambda view: bool(view.others),
    ),
    "split": Words(
        label="Split",
        spoken="Split: give one of its alerts an incident of its own",
        may="split incidents",
        past="gave an alert an incident of its own",
        done=lambda facts: f"Done: {code(facts.get('new', ''))} is open.",
        line=_split,
        modal=Modal(
            title="Split off an alert",
            submit="Split off",
            does="The alert gets an incident of its own, with its own message, calls and clocks.",
            fields={
                "alert": Asked("Which alert", options=_alerts),
                "reason": Asked("Reason", "Why it has another cause"),
            },
        ),
        offered=lambda view: len(view.alerts) > 1,
    ),
}

HAPPENINGS = {"merged": Happening("made another a part of it", _merged)}
