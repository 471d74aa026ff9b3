"""The words of time: updates that are owed, clocks that run out, rest and go on, the notice to the regulator."""

from analysis.response.clocks import CLOCKS
from storage.incidents import IncidentView
from storage.tables import Clock, TimelineEntry
from templates import finding, names
from templates.slack import clocks, status
from templates.slack.mrkdwn import code, countdown, date, mention, stamp
from templates.verbs.row import Asked, Facts, Happening, Modal, Option, Words, given


def _people(entry: TimelineEntry) -> str:
    return " ".join(mention(str(one)) for one in entry.facts.get("people", []))


def _due(facts: Facts) -> str:
    at = finding.moment(facts.get("due"))
    return countdown(at) if at else "soon"


def _what(facts: Facts) -> str:
    return clocks.owed(facts.get("clock"))


def _warned(entry: TimelineEntry, view: IncidentView) -> str:
    return f"⏳ *{names.first(_what(entry.facts))}* is due {_due(entry.facts)}. {_people(entry)}".rstrip()


def _breached(entry: TimelineEntry, view: IncidentView) -> str:
    what = names.first(_what(entry.facts))
    return f"🚨 *{what}* is late: it was due {_due(entry.facts)}. {_people(entry)}".rstrip()


def _updated(entry: TimelineEntry, view: IncidentView) -> str:
    return f"📝 Status update by {status.person(entry.actor, view)}:{given(entry, 'note')}"


def _paused(entry: TimelineEntry, view: IncidentView) -> str:
    who = status.person(entry.actor, view)
    return f"⏸️ {who} lets the clock of the {_what(entry.facts)} rest.{given(entry, 'reason')}"


def _resumed(entry: TimelineEntry, view: IncidentView) -> str:
    who, what = status.person(entry.actor, view), _what(entry.facts)
    return f"▶️ {who} lets the clock of the {what} go on: due {_due(entry.facts)}.{given(entry, 'reason')}"


def _confirmed(entry: TimelineEntry, view: IncidentView) -> str:
    who = status.person(entry.actor, view)
    running = next((one for one in clocks.running(view) if one.kind == "regulator"), None)
    by = f" The regulator is to hear of it by {countdown(running.due_at)}." if running else ""
    return f"🏛️ {who} confirmed a breach.{by}{given(entry, 'reason')}"


def _notified(entry: TimelineEntry, view: IncidentView) -> str:
    facts = entry.facts
    who = status.person(entry.actor, view)
    reference = code(facts.get("reference", "?"))
    return f"🏛️ {who} told {code(facts.get('authority', '?'))}; reference {reference}.{given(entry, 'note')}"


def _option(clock: Clock) -> Option:
    return Option(clock.kind, names.first(clocks.owed(clock.kind)), f"due {stamp(clock.due_at)}")


def _may_rest(view: IncidentView) -> list[Clock]:
    found = [one for one in clocks.running(view) if one.kind in CLOCKS and CLOCKS[one.kind].may_rest]
    return [one for one in found if one.paused_at is None and one.breached_at is None]


def _rests(view: IncidentView) -> list[Clock]:
    return [one for one in clocks.running(view) if one.paused_at is not None]


def _last_update(view: IncidentView) -> list[str]:
    entry = status.last(view, "update")
    return [f"The last one: {status.person(entry.actor, view)}, {date(entry.at)}."] if entry else []


def _owes_notice(view: IncidentView) -> bool:
    return any(one.kind == "regulator" for one in clocks.running(view))


VERBS = {
    "update": Words(
        label="Status update",
        spoken="Status update: tell how it stands",
        may="give status updates",
        past="gave a status update",
        done=lambda facts: "Your update is in the thread; the time until the next one runs from now.",
        line=_updated,
        modal=Modal(
            title="Status update",
            submit="Send update",
            does="Tells the thread how it stands, and starts the time until the next update.",
            fields={"note": Asked("How does it stand?", "What is known, what is being done, what comes next")},
            about=_last_update,
        ),
    ),
    "pause_clock": Words(
        label="Pause a clock",
        spoken="Pause a clock: let a deadline rest",
        may="pause clocks",
        past="let a clock rest",
        done=lambda facts: f"Done: the clock of the {_what(facts)} rests. Its time goes on when you let it.",
        line=_paused,
        modal=Modal(
            title="Pause a clock",
            submit="Pause",
            does="Adds the time of the rest to the deadline. Everybody sees that it rests, and why.",
            fields={
                "clock": Asked("Which deadline?", options=lambda view: [_option(one) for one in _may_rest(view)]),
                "reason": Asked("Reason", "What you wait for that is out of the team's hands"),
            },
        ),
        offered=lambda view: bool(_may_rest(view)),
    ),
    "resume_clock": Words(
        label="Resume a clock",
        spoken="Resume a clock: let a deadline go on",
        may="resume clocks",
        past="let a clock go on",
        done=lambda facts: f"Done: the {_what(facts)} is due {_due(facts)}.",
        line=_resumed,
        modal=Modal(
            title="Resume a clock",
            submit="Resume",
            does="The deadline goes on with the time that it had left.",
            fields={
                "clock": Asked("Which deadline?", options=lambda view: [_option(one) for one in _rests(view)]),
                "reason": Asked("Reason", "What has changed"),
            },
        ),
        offered=lambda view: bool(_rests(view)),
    ),
    "confirm": Words(
        label="Confirm a breach",
        spoken="Confirm a breach: the regulator may have to hear of it",
        may="confirm breaches",
        past="confirmed a breach",
        done=lambda facts: (
            "Confirmed. The time until the regulator has to know runs; a draft of the notice comes to you."
        ),
        line=_confirmed,
        modal=Modal(
            title="Confirm a breach",
            submit="Confirm",
            does="From now on the regulator has to be told in time: 72 hours, unless the policy says less.",
            fields={"reason": Asked("What is confirmed?", "Which duty was broken, and how you know")},
        ),
        offered=lambda view: view.incident.confirmed_at is None,
    ),
    "notify_regulator": Words(
        label="Regulator told",
        spoken="Regulator told: record the notice and its reference",
        may="record notices to the regulator",
        past="told the regulator",
        done=lambda facts: "Recorded: the regulator has been told.",
        line=_notified,
        modal=Modal(
            title="Regulator told",
            submit="Record",
            does="Records that you sent the notice, and stops its clock. It sends nothing.",
            fields={
                "authority": Asked("Which authority?", "Office of the Data Protection Commissioner"),
                "reference": Asked("Its reference", "The number they gave the notice"),
                "note": Asked("Note", "What was said, and what they asked for"),
            },
        ),
        offered=_owes_notice,
    ),
}

HAPPENINGS = {
    "clock_warn": Happening("warned that time runs out", _warned),
    "clock_breached": Happening("noted that the time is over", _breached),
}
