"""The day and the week in a channel: what needs a person first, then what happened, then the models."""

from collections.abc import Callable
from datetime import datetime

from storage.overview import Overview
from templates import cases, figures
from templates.slack import lists, quiet, reply, week
from templates.slack.blocks import Message, context, header, part, section
from templates.slack.mrkdwn import day

MOST_OPEN, MOST_ENDED, MOST_MODELS, MOST_QUIET, MOST_QUEUES = 8, 5, 10, 5, 5


def daily(seen: Overview, now: datetime) -> Message:
    """Return the last day."""
    return _digest("☀️ Model watch: the last 24 hours", seen, now)


def weekly(seen: Overview, now: datetime) -> Message:
    """Return the last week."""
    return _digest("🗓️ Model watch: the last 7 days", seen, now)


def _digest(title: str, seen: Overview, now: datetime) -> Message:
    blocks = [
        header(title),
        section(f"*{reply.headline(seen)}*", happened(seen)),
        *part(
            "Open, most urgent first",
            [lists.incident_line(one, now) for one in lists.order(seen.open_incidents, now)],
            MOST_OPEN,
            seen.open_count,
        ),
        *(week.blocks(seen.week, seen.figures, now) if seen.week else []),
        *part("Left to people", left_to_people(seen), MOST_QUEUES),
        *part("Quiet", [quiet.line(one) for one in seen.quiet], MOST_QUIET),
        *part("Ended", [lists.ended_line(one) for one in seen.resolved_since], MOST_ENDED),
        *part("Models", [lists.model_line(one, now) for one in seen.models], MOST_MODELS, seen.model_count),
        *reply.parked(seen),
        context(f"Since {day(seen.since)}" if seen.since else "", f"`{reply.COMMAND} status` shows it as it is now"),
    ]
    return Message(f"{title}. {reply.headline(seen)}", blocks)


def left_to_people(seen: Overview) -> list[str]:
    """Return what each model left to people: how many wait, and how they decided."""
    return [cases.of_model(one) for one in seen.queues if one.is_anything]


def happened(seen: Overview) -> str:
    """Return how much was looked at and found, in one line."""
    checks = figures.counted(seen.checks_since, "check")
    checks += f" ({seen.failed_since} failed)" if seen.failed_since else ""
    recovered = sum(1 for alert in seen.alerts_since if alert.state == "recovered")
    alerts = figures.counted(len(seen.alerts_since), "alert") + (f", {recovered} recovered" if recovered else "")
    return f"{checks} · {alerts} · {figures.counted(len(seen.resolved_since), 'incident')} ended"


DIGESTS: dict[str, Callable[[Overview, datetime], Message]] = {"daily": daily, "weekly": weekly}
