"""The words of learning: the root cause, what is to be done, the review."""

from collections.abc import Callable
from typing import Any

from analysis.response.learning import REVIEWED, CauseType, Needed
from analysis.vocabulary import Severity
from storage.incidents import IncidentView
from storage.tables import RootCause, TimelineEntry
from templates import finding, names
from templates.slack import followups, status
from templates.slack.mrkdwn import code, date, mention, quote
from templates.verbs.row import LONGEST_REASON, Asked, Happening, Modal, Option, Words, given, number

NEEDED = {
    Needed.BEFORE_CLOSING: Option(Needed.BEFORE_CLOSING.value, "Before the incident is closed"),
    Needed.AFTERWARDS: Option(Needed.AFTERWARDS.value, "Afterwards"),
}


def _root_cause(entry: TimelineEntry, view: IncidentView) -> str:
    version = number(entry, "version") or 1
    kind = names.cause(entry.facts.get("cause_type"))
    what = "wrote down the root cause" if version == 1 else f"corrected the root cause (version {version})"
    why = given(entry, "note")
    return f"🧭 {status.person(entry.actor, view)} {what}: *{kind}*.{why}\n{asked(entry, view)}"


def _follow_up(entry: TimelineEntry, view: IncidentView) -> str:
    return f"📌 {status.person(entry.actor, view)} wrote down what is to be done.\n{asked(entry, view)}"


def asked(entry: TimelineEntry, view: IncidentView) -> str:
    """Return what is to be done, by whom, until when."""
    facts = entry.facts
    due, owner = finding.moment(facts.get("due")), str(facts.get("owner", "?"))
    by = f", by {date(due)}" if due else ""
    return f"📌 {code(facts.get('follow_up', '?'))} {quote(facts.get('what', ''))}: {status.person(owner, view)}{by}."


def _done(entry: TimelineEntry, view: IncidentView) -> str:
    what = f"{code(entry.facts.get('follow_up', '?'))} {quote(entry.facts.get('what', ''))}"
    return f"☑️ {status.person(entry.actor, view)} did {what}.{given(entry, 'note')}"


def _late(entry: TimelineEntry, view: IncidentView) -> str:
    people = " ".join(mention(str(one)) for one in entry.facts.get("people", []))
    return f"🚨 A week late, and its owner was asked each day:\n{asked(entry, view)} {people}".rstrip()


def _review(entry: TimelineEntry, view: IncidentView) -> str:
    who = f"\n> With: {quote(entry.facts['attendees'], LONGEST_REASON)}" if entry.facts.get("attendees") else ""
    return (
        f"🎓 {status.person(entry.actor, view)}: the review was held.{given(entry, 'note')}{who}\n{asked(entry, view)}"
    )


def _review_owed(entry: TimelineEntry, view: IncidentView) -> str:
    people = " ".join(mention(str(one)) for one in entry.facts.get("people", []))
    review, postmortem = (finding.moment(entry.facts.get(key)) for key in ("review", "postmortem"))
    by = [f"the review by {date(review)}"] if review else []
    by += [f"the post-mortem by {date(postmortem)}"] if postmortem else []
    due = f" It is due: {names.listed(by)}." if by else ""
    return (
        f"🎓 *Time to learn from it.* The draft of the review follows as a file.{due} You are invited: {people or '–'}"
    )


def _newest(view: IncidentView) -> RootCause | None:
    return view.root_causes[-1] if view.root_causes else None


def _kept(name: str) -> Callable[[IncidentView], str | None]:
    def chosen(view: IncidentView) -> str | None:
        newest = _newest(view)
        return str(getattr(newest, name) or "") if newest else None

    return chosen


def _version(view: IncidentView) -> str | None:
    """Return what was written before, else the version that the finding saw first."""
    raised = finding.raised(view.alerts[0]) if view.alerts else None
    return _kept("version")(view) or (", ".join(raised.versions)[:100] if raised else None) or None


def _causes(view: IncidentView) -> list[Option]:
    return [Option(one.value, names.cause(one)) for one in CauseType]


def _needed(view: IncidentView) -> list[Option]:
    return list(NEEDED.values())


def _open(view: IncidentView) -> list[Option]:
    return [Option(one.id, followups.option(one)) for one in view.follow_ups if one.done_at is None]


def _lead(view: IncidentView) -> str | None:
    return view.incident.acknowledged_by


def _is_reviewed(view: IncidentView) -> bool:
    severities = [Severity(view.incident.severity), *(Severity(one.severity) for one in view.alerts)]
    return view.incident.merged_into is None and bool(REVIEWED & set(severities))


def _noted(facts: Any) -> str:  # noqa: ANN401
    return f"Noted as {code(facts.get('follow_up', ''))}. Its owner is reminded the day before and on the day."


VERBS = {
    "root_cause": Words(
        label="Root cause",
        spoken="Root cause: write down why it happened and what is done about it",
        may="write down root causes",
        past="wrote down the root cause",
        done=lambda facts: f"Written down. The corrective action is {code(facts.get('follow_up', ''))}.",
        line=_root_cause,
        modal=Modal(
            title="Root cause",
            submit="Write down",
            does="The corrective action becomes a follow-up; its owner is reminded. Each version is kept.",
            fields={
                "cause_type": Asked("Type of cause", options=_causes, chosen=_kept("cause_type")),
                "version": Asked("Version", "Of the model or the system, 1.1.0", chosen=_version),
                "trigger": Asked("Trigger", "What made it show", chosen=_kept("trigger")),
                "cause": Asked("Root cause", "Why it could happen", chosen=_kept("cause")),
                "corrective": Asked("Corrective action", "What removes the cause", chosen=_kept("corrective")),
                "owner": Asked("Who does that", "Choose a person", chosen=_lead),
                "due": Asked("Until", hint="The end of that day, where the owner is."),
                "preventive": Asked(
                    "Preventive action", "What keeps its like from happening", chosen=_kept("preventive")
                ),
            },
        ),
        offered=lambda view: view.incident.merged_into is None,
    ),
    "follow_up": Words(
        label="Follow-up",
        spoken="Follow-up: write down what is to be done, by whom, until when",
        may="write down follow-ups",
        past="wrote down a follow-up",
        done=_noted,
        line=_follow_up,
        modal=Modal(
            title="Follow-up",
            submit="Write down",
            does="Its owner is reminded the day before, on the day, and then each day until it is done.",
            fields={
                "what": Asked("What is to be done", "One thing, so that all can see when it is done"),
                "owner": Asked("By whom", "Choose a person", chosen=_lead),
                "due": Asked("Until", hint="The end of that day, where the owner is."),
                "needed": Asked("When is it needed?", options=_needed, chosen=lambda view: Needed.AFTERWARDS.value),
            },
        ),
    ),
    "follow_up_done": Words(
        label="Follow-up done",
        spoken="Follow-up done: say that it is",
        may="mark follow-ups as done",
        past="did a follow-up",
        done=lambda facts: f"{code(facts.get('follow_up', 'It'))} is done. Thank you.",
        line=_done,
        modal=Modal(
            title="Follow-up done",
            submit="It is done",
            does="Its owner is not reminded any more.",
            fields={
                "follow_up": Asked("Which", options=_open),
                "note": Asked("Note", "Where it can be seen"),
            },
        ),
        offered=lambda view: bool(_open(view)),
    ),
    "review": Words(
        label="Review held",
        spoken="Review held: write down what it found",
        may="write down reviews",
        past="held the review",
        done=lambda facts: f"Written down. The update that it owes is {code(facts.get('follow_up', ''))}.",
        line=_review,
        modal=Modal(
            title="The review was held",
            submit="Write down",
            does="Opens a follow-up to update policy or evaluation within 7 days, and posts the document anew.",
            fields={
                "note": Asked("What it found", "What went well, what did not, what will be different"),
                "attendees": Asked("Who was there", "Names, or teams"),
                "owner": Asked("Who updates policy or evaluation", "Choose a person", chosen=_lead),
            },
        ),
        offered=_is_reviewed,
    ),
}

HAPPENINGS = {
    "follow_up_late": Happening("told of a follow-up that is a week late", _late),
    "review_owed": Happening("invited to the review", _review_owed),
}
