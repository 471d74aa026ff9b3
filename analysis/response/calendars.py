"""Business hours: a clock that keeps to a calendar runs while people work, and rests between."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, model_validator

from analysis.parts import Part


class Calendar(Part):
    """The hours of the days on which people work, by the wall clocks of one zone."""

    zone: str = "UTC"
    days: tuple[int, ...] = Field(default=(1, 2, 3, 4, 5), min_length=1)  # ISO: 1 is Monday
    opens: time = time(9)
    closes: time = time(17)
    holidays: frozenset[date] = frozenset()

    @model_validator(mode="after")
    def has_hours(self) -> "Calendar":
        """Return the calendar; raise ValueError for hours that never are, or a zone that is none."""
        if self.opens >= self.closes:
            raise ValueError("opens has to be before closes")
        if not set(self.days) <= set(range(1, 8)):
            raise ValueError("days are numbers from 1 (Monday) to 7 (Sunday)")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"there is no time zone {self.zone}") from None
        return self

    def hours(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working stretches that end after `start`, the first one cut to it; in UTC, without end."""
        zone = ZoneInfo(self.zone)
        first = start.astimezone(zone).date()
        for day in (first + timedelta(days=number) for number in itertools.count()):  # holidays are few: it goes on
            if day.isoweekday() in self.days and day not in self.holidays:
                opens, closes = (
                    datetime.combine(day, clock, zone).astimezone(UTC) for clock in (self.opens, self.closes)
                )
                if closes > start:
                    yield max(opens, start), closes


def later(start: datetime, span: timedelta, calendar: Calendar | None = None) -> datetime:
    """Return the moment at which so much time has run since `start`; a calendar counts its own hours only.

    >>> friday = datetime(2026, 11, 20, 16, tzinfo=UTC)
    >>> later(friday, timedelta(hours=2)).isoformat()
    '2026-11-20T18:00:00+00:00'
    >>> later(friday, timedelta(hours=2), Calendar()).isoformat()  # an hour on Friday, one on Monday
    '2026-11-23T10:00:00+00:00'
    """
    if calendar is None or not span:
        return start + span
    for opens, closes in calendar.hours(start):
        if span <= closes - opens:
            return opens + span
        span -= closes - opens
    raise AssertionError("the hours of a calendar have no end")


def between(start: datetime, end: datetime, calendar: Calendar | None = None) -> timedelta:
    """Return how much time runs from `start` to `end`; none where the end lies before.

    >>> friday, monday = datetime(2026, 11, 20, 16, tzinfo=UTC), datetime(2026, 11, 23, 10, tzinfo=UTC)
    >>> between(friday, monday, Calendar())
    datetime.timedelta(seconds=7200)
    """
    if calendar is None or end <= start:
        return max(end - start, timedelta(0))
    run = timedelta(0)
    for opens, closes in calendar.hours(start):
        if opens >= end:
            break
        run += min(closes, end) - opens
    return run
