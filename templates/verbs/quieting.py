"""The words of quiet: snoozed, accepted as a risk, over."""

from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import finding
from templates.slack import status
from templates.slack.mrkdwn import code, countdown, mention
from templates.verbs.row import Asked, Facts, Happening, Modal, Words, given, number


def _until(facts: Facts) -> str:
    at = finding.moment(facts.get("until"))
    return countdown(at) if at else "its end"


def _snoozed(entry: TimelineEntry, view: IncidentView) -> str:
    return f"😴 {status.person(entry.actor, view)} snoozed it until {_until(entry.facts)}.{given(entry, 'reason')}"


def _accepted(entry: TimelineEntry, view: IncidentView) -> str:
    who = status.person(entry.actor, view)
    approved = entry.facts.get("approved_by")
    by = f" {status.person(str(approved), view)} approved it." if approved else ""
    return f"⚖️ {who} accepted the risk until {_until(entry.facts)}.{by}{given(entry, 'reason')}"


def _over(entry: TimelineEntry, view: IncidentView) -> str:
    is_snooze = entry.facts.get("kind") == "snooze"
    if entry.actor != status.SYSTEM:
        what = "ended the snooze" if is_snooze else "took back that the risk is accepted"
        return f"🔔 {status.person(entry.actor, view)} {what}."
    return "🔔 The snooze is over." if is_snooze else "🔔 The time for which the risk was accepted is over."


def _ahead(entry: TimelineEntry, view: IncidentView) -> str:
    people = " ".join(mention(str(one)) for one in entry.facts.get("people", []))
    return f"⏳ The risk is accepted until {_until(entry.facts)} only: remedy it, or decide anew. {people}".rstrip()


def _came_back(entry: TimelineEntry, view: IncidentView) -> str:
    return f"↩️ The newest check found {code(entry.facts.get('alert', '?'))} again."


def _flapping(entry: TimelineEntry, view: IncidentView) -> str:
    times = number(entry, "times")
    often = f" {times} times" if times else ""
    alert = code(entry.facts.get("alert", "?"))
    return f"〰️ {alert} is *flapping*: it recovered and came back{often}. It is counted; I tell it when it has calmed."


def _calmed(entry: TimelineEntry, view: IncidentView) -> str:
    stands = "and it stands" if entry.facts.get("state") == "open" else "within its limits"
    return f"〰️ {code(entry.facts.get('alert', '?'))} has calmed, {stands}."


VERBS = {
    "snooze": Words(
        label="Snooze",
        spoken="Snooze: let the incident rest until a time",
        may="snooze incidents",
        past="snoozed it",
        done=lambda facts: f"Snoozed until {_until(facts)}. If it becomes worse, it wakes at once.",
        line=_snoozed,
        modal=Modal(
            title="Snooze",
            submit="Snooze",
            does="Warnings and routine lines rest until then. Deadlines run on; a rise in severity wakes it.",
            fields={
                "until": Asked("Until", hint="Seven days at most."),
                "reason": Asked("Reason", "What you wait for"),
            },
        ),
    ),
    "accept_risk": Words(
        label="Accept risk",
        spoken="Accept risk: live with it for a while",
        may="accept risks",
        past="accepted the risk",
        done=lambda facts: f"The risk is accepted until {_until(facts)}.",
        line=_accepted,
        modal=Modal(
            title="Accept the risk",
            submit="Ask for approval",
            does="Compliance has to approve. Until then, and after its end, everything goes on as before.",
            fields={
                "reason": Asked("Rationale", "Why this is acceptable, for whom, and what limits the harm"),
                "until": Asked("Until", hint="30 days at most. It ends by itself, and sooner if it becomes worse."),
            },
        ),
        offered=lambda view: view.incident.severity == "medium",
    ),
}

HAPPENINGS = {
    "quiet_over": Happening("noted that the quiet is over", _over),
    "came_back": Happening("found it again", _came_back),
    "flapping": Happening("found it flapping", _flapping),
    "calmed": Happening("found it calm", _calmed),
    "quiet_ahead": Happening("warned that the acceptance of the risk ends", _ahead),
}
