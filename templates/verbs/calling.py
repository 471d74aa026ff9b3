"""Calling people: why, whom, and who is still on it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from analysis.response.escalation import Why
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import figures, finding, targets
from templates.slack import status
from templates.slack.mrkdwn import countdown, group, mention
from templates.verbs.row import Facts, Happening, Words, given, number


def line(entry: TimelineEntry, view: IncidentView) -> str:
    """Return a call as the thread tells it: why, whom, and who could not be reached; it rings whom it calls."""
    step = number(entry, "step")
    counted = f" (step {step + 1})" if step else ""
    ringing = [*(mention(str(one)) for one in entry.facts.get("people", []))]
    ringing += [group(str(one)) for one in entry.facts.get("groups", [])]
    why, whom = _why(entry, view), f"{status.called(entry)}{counted}"
    verb = "calling" if why else "Calling"
    if ringing or any(entry.facts.get(kind) for kind in ("channels", "pagers", "notifiers")):
        said = f"{verb} {whom}: {' '.join(ringing)}".rstrip(": ")
    else:
        said = f"{verb} {whom}; *nobody could be reached*"
    return f"📣 {why}{said}.{_unreached(entry)}{given(entry, 'reason')}"


def _why(entry: TimelineEntry, view: IncidentView) -> str:
    known = str(entry.facts.get("why", Why.WAITED if entry.facts.get("waited") else ""))
    if known in set(Why):
        return WHY[Why(known)](entry.facts, _person(entry, view))
    return "" if entry.actor == status.SYSTEM else WHY[Why.BY_HAND](entry.facts, _person(entry, view))


def _person(entry: TimelineEntry, view: IncidentView) -> str:
    return status.person(str(entry.facts.get("person") or entry.actor), view)


def _span(facts: Mapping[str, Any]) -> str:
    after = finding.whole(facts, "after_s")
    return figures.span(timedelta(seconds=after)) if after else ""


WHY: dict[Why, Callable[[Mapping[str, Any], str], str]] = {
    Why.OPENED: lambda facts, who: "",
    Why.WAITED: lambda facts, who: f"Nobody acknowledged {f'within {_span(facts)}' if _span(facts) else 'in time'}: ",
    Why.REPEATED: lambda facts, who: f"Still nobody has acknowledged, after {_span(facts)}; once more: ",
    Why.UNRESOLVED: lambda facts, who: f"Not resolved within {_span(facts)}: ",
    Why.QUIET: lambda facts, who: (
        f"{who} has it and did not answer: " if facts.get("person") else "Who has it did not answer: "
    ),
    Why.ROSE: lambda facts, who: "It is more severe than it was: ",
    Why.BY_HAND: lambda facts, who: f"{who} escalates: ",
}


def _unreached(entry: TimelineEntry) -> str:
    nobody = list(dict.fromkeys([*entry.facts.get("unreached", []), *entry.facts.get("empty", [])]))
    return f" Nobody is there as {targets.words(nobody)}." if nobody else ""


def _asked(entry: TimelineEntry, view: IncidentView) -> str:
    since = finding.moment(entry.facts.get("since"))
    quiet = f" Nothing was heard since {countdown(since)}." if since else ""
    asked = entry.facts.get("person")
    who = mention(str(asked)) if asked else "Whoever has it:"
    return f"⏰ {who} *Are you still on it?*{quiet} Without an answer the next people are called."


def _still(entry: TimelineEntry, view: IncidentView) -> str:
    who, was = status.person(entry.actor, view), entry.facts.get("was")
    return f"✋ {who} has it now, after {status.person(str(was), view)}." if was else f"✋ {who} is on it."


def called(facts: Facts) -> str:
    """Return what is said to who escalated."""
    named = targets.words(facts.get("to", []))
    return f"Done: {named} called in the thread." if named else "Nobody was called: the policy names no step."


VERBS = {
    "still_on_it": Words(
        label="I'm on it",
        spoken="I'm on it: say that you still work on it, or take it over",
        may="take incidents",
        past="said that they are on it",
        done=lambda facts: "Noted: you have it.",
        line=_still,
    ),
}
HAPPENINGS = {
    "called": Happening("called the first people", line),
    "asked_still": Happening("asked whether somebody is still on it", _asked, buttons=("still_on_it",)),
}
