"""The words of ends: verified, resolved, watched, closed, a false alarm, and taken back."""

from analysis.vocabulary import State
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import figures, finding, names, rollouts, verified
from templates.slack import status
from templates.slack.mrkdwn import code, date
from templates.verbs.row import Asked, Happening, Modal, Words, given

LONGEST_ERROR = 300


def _verified(entry: TimelineEntry, view: IncidentView) -> str:
    return "\n".join([*verified.told(entry), *_what_now(entry, view)])


def _what_now(entry: TimelineEntry, view: IncidentView) -> list[str]:
    if view.incident.state != State.VERIFYING:
        return []
    return ["Press *Resolve* to end it." if verified.is_good(entry) else "The incident stays open."]


def _failed(entry: TimelineEntry, view: IncidentView) -> str:
    return f"⚠️ The fix could not be looked at.{given(entry, 'error', LONGEST_ERROR)}"


def _resolve(entry: TimelineEntry, view: IncidentView) -> str:
    took = figures.span(entry.at - view.incident.opened_at)
    until = finding.moment(entry.facts.get("watched_until"))
    watched = f"\n👀 Watched until {date(until)}: if the same comes back, it reopens." if until else ""
    return f"✅ {status.person(entry.actor, view)} resolved it after {took}.{given(entry, 'note')}{watched}"


def _watch_over(entry: TimelineEntry, view: IncidentView) -> str:
    unwell, lacks = entry.facts.get("unwell"), entry.facts.get("lacks")
    if unwell:
        shown = names.listed([code(one) for one in unwell])
        return f"⚠️ The watch is over, and it did not come back; but no check has found {shown} within limits since."
    owed = {"root_cause": ", once its root cause is written down", "follow_up": ", once its follow-ups are done"}
    return f"💚 *It stayed well*: nothing came back while it was watched. It can be closed{owed.get(str(lacks), '')}."


def _close(entry: TimelineEntry, view: IncidentView) -> str:
    return f"🔒 {status.person(entry.actor, view)} closed it.{given(entry, 'note')}"


def _false_positive(entry: TimelineEntry, view: IncidentView) -> str:
    return f"⚪ {status.person(entry.actor, view)} found it to be a false alarm.{given(entry, 'reason')}"


def _reopen(entry: TimelineEntry, view: IncidentView) -> str:
    blocked = rollouts.blocked(entry.facts.get("blocked"))
    return f"↩️ {status.person(entry.actor, view)} reopened it and has it.{blocked}{given(entry, 'reason')}"


def _before_resolving(view: IncidentView) -> list[str]:
    look = status.last(view, "verified")
    if look is not None:
        return verified.told(look)
    still = [alert for alert in view.alerts if alert.state == "open" and alert.run_id is not None]
    return ["⚠️ *The newest check still found it.* Resolve only if you know why."] if still else []


def _before_closing(view: IncidentView) -> list[str]:
    return [f"Root cause: {'written down' if view.root_causes else '*not written down yet*'}."]


VERBS = {
    "resolve": Words(
        label="Resolve",
        spoken="Resolve: end the incident",
        may="resolve incidents",
        past="resolved it",
        done=lambda facts: "Resolved. The model is looked at anew and watched; if the same comes back, it reopens.",
        line=_resolve,
        modal=Modal(
            title="Resolve the incident",
            submit="Resolve",
            does="Ends the incident. The model is looked at anew and watched: if the same comes back, it reopens.",
            fields={"note": Asked("What was done", "The cause, the fix, and how you know that it works")},
            about=_before_resolving,
        ),
        in_menu=False,
    ),
    "close": Words(
        label="Close",
        spoken="Close: nothing is owed any more",
        may="close incidents",
        past="closed it",
        done=lambda facts: "Closed.",
        line=_close,
        modal=Modal(
            title="Close the incident",
            submit="Close",
            does="A high or critical one needs its root cause first, and the follow-ups that were due before closing.",
            fields={"note": Asked("Note", "What is left to say")},
            about=_before_closing,
        ),
        in_menu=False,
    ),
    "reopen": Words(
        label="Reopen",
        spoken="Reopen: it is not over",
        may="reopen incidents",
        past="reopened it",
        done=lambda facts: "It is open again, and you have it. Calls and clocks begin anew.",
        line=_reopen,
        modal=Modal(
            title="Reopen the incident",
            submit="Reopen",
            does="You have it then; calls and clocks begin anew.",
            fields={"reason": Asked("Reason", "Why it is not over")},
        ),
        in_menu=False,
    ),
    "false_positive": Words(
        label="False alarm",
        spoken="False alarm: nothing was wrong",
        may="declare false alarms",
        past="found it to be a false alarm",
        done=lambda facts: "Noted: a false alarm. The same, found again, is counted and not told, unless it is worse.",
        line=_false_positive,
        modal=Modal(
            title="A false alarm?",
            submit="It is a false alarm",
            does="Ends it. The same, found again, is counted and not told, unless it becomes worse.",
            fields={"reason": Asked("How you know", "What was looked at, and why nothing was wrong")},
        ),
    ),
}

HAPPENINGS = {
    "verified": Happening("looked whether the fix holds", _verified),
    "verify_failed": Happening("could not look whether the fix holds", _failed),
    "watch_over": Happening("watched it to the end", _watch_over),
}
