"""How deadlines were kept over a stretch of time: by what was owed and how severe it was (D4)."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from analysis.response.figures import Measured, Seen
from analysis.vocabulary import Severity
from storage.clocks import Kept
from templates import figures, names
from templates.slack import clocks, goals
from templates.slack.blocks import Message, context, section

HOW = {"acknowledge": "to acknowledge", "contain": "to contain", "root_cause": "to the root cause", "fix": "to the fix"}


def message(found: Sequence[Kept], measured: Sequence[Measured], seen: Seen, days: int) -> Message:
    """Return the figures of the last days against their targets, then how each deadline was kept, by severity."""
    head = f"The last {figures.counted(days, 'day')}: {figures.counted(seen.opened, 'incident')} opened"
    again = f", {seen.reopened} of them reopened" if seen.reopened else ""
    if not found:
        nothing = [*goals.every(measured), "No deadline has begun."]
        return Message(f"{head}{again}.", [section(f"*{head}{again}.*", *nothing)])
    parts = [
        section(f"*{_title(kind)}*", *(_line(one) for one in sorted(group, key=_rank)))
        for kind, group in groupby(found, key=lambda one: one.kind)
    ]
    small = "In time: met before its deadline. Owed: still running. Drills are left out."
    return Message(f"{head}{again}.", [section(f"*{head}{again}.*", *goals.every(measured)), *parts, context(small)])


def _title(kind: str) -> str:
    return names.first(f"time {HOW[kind]}" if kind in HOW else clocks.owed(kind))


def _line(one: Kept) -> str:
    median = f"median *{figures.span(timedelta(seconds=one.median_s))}*" if one.median_s is not None else "none met yet"
    owed = one.started - one.met - one.late - one.stopped
    parts = [f"{one.met} of {one.met + one.late} in time" if one.met + one.late else "", f"{owed} owed" if owed else ""]
    overdue = one.breached - one.late
    parts.append(f"*{overdue} overdue*" if overdue > 0 else "")
    return f"{names.severity(one.severity)}: {' · '.join(filter(None, [median, *parts]))}"


def _rank(one: Kept) -> int:
    return -Severity(one.severity).rank
