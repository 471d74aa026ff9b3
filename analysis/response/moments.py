"""Moments as people type them: `now`, `+8h`, `18:00`, `monday`, `2026-11-23`, `2026-11-23T18:00`."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from analysis.response.walls import at, day_of

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
KNOWN = "now, +8h, 18:00, monday, 2026-11-23 or 2026-11-23T18:00"


def parse(word: str, now: datetime, zone: str, usual: tuple[time, str]) -> datetime:
    """Return the moment, UTC; a day alone is that day's usual time and zone. Raise ValueError with what may be typed.

    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    >>> parse("18:00", now, "Europe/Berlin", (time(9), "UTC")).isoformat()
    '2026-11-21T17:00:00+00:00'
    >>> parse("monday", now, "Europe/Berlin", (time(9), "UTC")).isoformat()
    '2026-11-23T09:00:00+00:00'
    """
    try:
        return _read(word.strip().lower(), now, zone, usual)
    except (ValueError, OverflowError):  # the years 1 and 9999 have moments that UTC has not
        raise ValueError(f"“{word[:40]}” is no time that I know: type {KNOWN}") from None


def _read(text: str, now: datetime, zone: str, usual: tuple[time, str]) -> datetime:
    if text == "now":
        return now
    span = re.fullmatch(r"\+(\d{1,4})(min|h|d|w)", text)
    if span:
        return now + int(span[1]) * UNITS[span[2]]
    day = _day(text, day_of(now, usual[1]))
    if day is not None:
        return at(day, *usual)
    if re.fullmatch(r"\d{1,2}:\d{2}", text):
        return _next(time.fromisoformat(text.zfill(5)), now, zone)
    moment = datetime.fromisoformat(text.upper())
    return moment.astimezone(UTC) if moment.tzinfo else at(moment.date(), moment.time(), zone)


def _day(text: str, today: date) -> date | None:
    """Return the day that a date, `today`, `tomorrow` or a weekday names; of a weekday the next one after today."""
    if text in ("today", "tomorrow"):
        return today + timedelta(days=text == "tomorrow")
    named = [number for number, name in enumerate(DAYS) if len(text) >= 3 and name.startswith(text)]
    if named:
        return today + timedelta(days=(named[0] - today.weekday() - 1) % 7 + 1)
    return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None


def _next(clock: time, now: datetime, zone: str) -> datetime:
    today = now.astimezone(ZoneInfo(zone)).date()
    found = at(today, clock, zone)
    return found if found > now else at(today + timedelta(days=1), clock, zone)
