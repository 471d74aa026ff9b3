"""What #engineering reads of work that is late, or that was due while the bot was down."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from storage.incidents import IncidentView
from storage.tables import Run
from templates.slack.mrkdwn import code, date, quote

Data = Mapping[str, Any]


def overdue(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    """Return which check is not finished twelve hours after its time, and what holds it up."""
    model = code(data.get("model", ""))
    lines = [f"⏰ *No check of {model} is finished 12 hours after its time* ({_moment(data.get('due'))})."]
    return [*lines, WHY_LATE[str(data.get("why"))](data), *_down(data)]


def _behind(data: Data) -> str:
    ahead = ", ".join(f"the check of {code(one['model'])} (run {one['run']})" for one in data.get("behind", []))
    return f"It still waits behind {ahead}." if ahead else "It waits for its turn; nothing else is under way."


def _error(data: Data) -> str:
    return f"It failed: {quote(data.get('error') or 'no reason was given', 500)}"


WHY_LATE: dict[str, Callable[[Data], str]] = {
    "queued": _behind,
    "running": lambda data: f"It runs since {_moment(data.get('since'))}, try {data.get('try')}.",
    "failed": _error,
    "never": lambda data: "It was never asked for: the model is not registered.",
}


def _down(data: Data) -> list[str]:
    if not data.get("down_to"):
        return []
    since = f"from {_moment(data['down_from'])}, its last sign of life," if data.get("down_from") else "before"
    return [f"The bot was down when it was due: {since} until {_moment(data['down_to'])}."]


def _moment(text: object) -> str:
    return date(datetime.fromisoformat(str(text))) if text else "an unknown time"


SKIPPED = {
    "check": "The check",
    "deep": "The weekly deep check",
    "digest": "The digest",
    "escalate": "An escalation step",
    "retention": "The nightly retention",
    "review": "The monthly baseline review",
    "hand_over": "A hand-over",
    "still_on_it": "The question whether somebody is still on it",
    "unanswered": "The look whether somebody answered",
    "storm": "The end of a storm",
    "step_due": "The reminder of an open step",
    "flapping_calm": "The look whether an alert has calmed",
    "quiet_end": "The end of a silence, a snooze or an accepted risk",
    "quiet_notice": "The notice before a quiet ends",
    "clock_warn": "The warning before a deadline",
    "clock_due": "The word that a deadline has passed",
    "approval": "The end of a wait for approval",
    "watch": "The end of the watch after an incident",
    "follow_up": "The reminder of a follow-up",
    "bias_audit": "A bias audit",
    "calendar": "The reminder of a review",
    "restraint_ends": "The end of a restraint",
    "registry": "The look at the registry",
    "rollout_hangs": "The look whether a promotion or a rollback gets on",
    "cases_wait": "The look whether requests wait for people",
    "rollout_check": "A check of the watch after a promotion or a rollback",
    "rollout_watched": "The end of the watch after a promotion or a rollback",
}


def skipped(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    """Return which work was due and is not made up, and why."""
    what = SKIPPED.get(str(data.get("kind")), "Something that was planned")
    why = {
        "late": "By now it would mislead, so it is not made up.",
        "newer": "A newer one was due too by then, and stands for it.",
    }[str(data.get("why"))]
    return [f"⏭️ {what} ({code(data.get('of', ''))}) due {_moment(data.get('due'))} was *skipped*. {why}"]
