"""What a cause means that is seen again after its incident ended: the same incident, a new one, or nothing to tell."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from analysis.vocabulary import State


class Recurrence(StrEnum):
    """What becomes of it."""

    COUNTED = "counted"  # known, and nothing is told
    REOPENS = "reopens"
    OPENS = "opens"  # an incident of its own


@dataclass(frozen=True)
class Spans:
    """How long an end is watched, and how long it may be taken back (C11)."""

    watch: timedelta
    reopen_within: timedelta


def of(
    state: State,
    ended_at: datetime,
    now: datetime,
    spans: Spans,
    *,
    rose: bool = False,
    over_at: datetime | None = None,
) -> Recurrence:
    """Return what a cause seen again means; `over_at` is when what is seen ended by itself, None: it lasts.

    What was over before the incident ended is only still in the window. A false alarm stays one while it may be taken
    back, unless it has become worse. Everything else comes back within the watch, or is new.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> spans = Spans(timedelta(hours=24), timedelta(days=7))
    >>> of(State.RESOLVED, noon, noon + timedelta(hours=2), spans)
    <Recurrence.REOPENS: 'reopens'>
    >>> of(State.FALSE_POSITIVE, noon, noon + timedelta(days=2), spans)
    <Recurrence.COUNTED: 'counted'>
    """
    if over_at is not None and over_at <= ended_at:
        return Recurrence.COUNTED
    if state is State.FALSE_POSITIVE:
        if now - ended_at > spans.reopen_within:
            return Recurrence.OPENS
        return Recurrence.REOPENS if rose else Recurrence.COUNTED
    return Recurrence.REOPENS if now - ended_at <= spans.watch else Recurrence.OPENS
