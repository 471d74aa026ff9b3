"""Times on the wall of a place as moments: what people mean by “Monday at nine”, whatever the clocks do between."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def at(day: date, clock: time, zone: str) -> datetime:
    """Return the moment of a wall-clock time in a zone, UTC; one that a clock change skips is an hour later there.

    >>> at(date(2026, 3, 29), time(2, 30), "Europe/Berlin").isoformat()
    '2026-03-29T01:30:00+00:00'
    """
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def day_of(moment: datetime, zone: str) -> date:
    """Return the day that the calendar there shows at the moment.

    >>> day_of(datetime(2026, 3, 1, 23, tzinfo=UTC), "Asia/Kolkata").isoformat()
    '2026-03-02'
    """
    return moment.astimezone(ZoneInfo(zone)).date()
