"""Who was affected, as it was counted: a sentence for the message, a line a group for the thread."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from storage.tables import AffectedList
from templates import figures, finding, names
from templates.finding import whole
from templates.slack.mrkdwn import stamp

MOST = 8
OUTCOMES = {"favourable": "favourable", "unfavourable": "unfavourable", "not known": "without a decision"}


def sentence(row: AffectedList) -> str:
    """Return what was counted in one sentence; raw text."""
    return f"{counted(row)} (counted {when(row.scope)})."


def counted(row: AffectedList) -> str:
    """Return how many decisions are in scope, and how many of them were unfavourable; raw text."""
    mine = [one for one in _groups(row.counts) if row.scope.get("group") in (None, one.get("group"))]
    bad = sum(int(one["decisions"]) for one in mine if one.get("outcome") == "unfavourable")
    about = f" about {row.scope['group']}" if row.scope.get("group") else ""
    listed = figures.counted(whole(row.counts, "listed") or 0, "decision")
    return f"{listed}{about} in scope, {figures.count(bad)} of them unfavourable"


def by_group(counts: Mapping[str, Any]) -> list[str]:
    """Return a line a group: how many decisions, how many of each outcome; raw text."""
    table: dict[str, dict[str, int]] = {}
    for one in _groups(counts):
        outcomes = table.setdefault(str(one.get("group")), {})
        outcomes[str(one.get("outcome"))] = int(one["decisions"])
    lines = [_line(group, found) for group, found in sorted(table.items(), key=lambda pair: -sum(pair[1].values()))]
    more = len(lines) - MOST
    return [*lines[:MOST], f"and {figures.counted(more, 'more group')}"] if more > 0 else lines


def _line(group: str, found: Mapping[str, int]) -> str:
    whole_group = sum(found.values())
    parts = [f"{figures.count(found[one])} {word} ({figures.share(found[one] / whole_group)})"
             for one, word in OUTCOMES.items() if found.get(one)]  # fmt: skip
    return f"{group}: {figures.counted(whole_group, 'decision')}, {names.listed(parts)}"


def when(scope: Mapping[str, Any], shown: Callable[[datetime], str] = stamp) -> str:
    """Return which stretch of the log was counted; raw text but for how `shown` shows a time."""
    days = whole(scope, "days")
    if days is not None:
        return f"over the newest {figures.counted(days, 'day')} of the log"
    since, until = (finding.moment(scope.get(end)) for end in ("since", "until"))
    start = shown(since) if since else "the beginning of the log"
    return f"from {start} to {shown(until) if until else 'the end of the log'}"


def _groups(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = counts.get("groups")
    kept = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [one for one in kept if isinstance(one.get("decisions"), int)]
