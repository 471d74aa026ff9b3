"""How deadlines were kept over a stretch of time: by what was owed and how severe it was (D4)."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from analysis.vocabulary import Severity
from storage.clocks import Kept
from templates import figures, names
from templates.slack import clocks
from templates.slack.blocks import Message, context, section

HOW = {"acknowledge": "to acknowledge", "contain": "to contain", "root_cause": "to the root cause", "fix": "to the fix"}


def message(found: Sequence[Kept], days: int, opened: int, reopened: int) -> Message:
    """Return the figures of the last days: median times, how many in time, late, still owed, and what came back."""
    head = f"The last {figures.counted(days, 'day')}: {figures.counted(opened, 'incident')} opened"
    again = f", {reopened} of them reopened" if reopened else ""
    if not found:
        return Message(f"{head}{again}.", [section(f"*{head}{again}.*", "No deadline has begun.")])
    parts = [
        section(f"*{_title(kind)}*", *(_line(one) for one in sorted(group, key=_rank)))
        for kind, group in groupby(found, key=lambda one: one.kind)
    ]
    small = "In time: met before its deadline. Owed: still running. Drills are left out."
    return Message(f"{head}{again}.", [section(f"*{head}{again}.*"), *parts, context(small)])


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
