"""Who is on call in turn: the part of the policy that `analysis.response.oncall` reads."""

from datetime import date, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from analysis.parts import Part

WEEK = timedelta(days=7)
ON_CALL = "on_call"  # who has the rota of this name holds the role


class Place(StrEnum):
    """Whom a call reaches first, and whom after."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


def _known(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # what is no file name is a ValueError, a folder an OSError
        raise ValueError(f"“{zone}” is no time zone; write it like Europe/Berlin") from None
    return zone


Zone = Annotated[str, AfterValidator(_known)]
People = Annotated[tuple[str, ...], Field(max_length=100)]  # Slack user ids or e-mail addresses


class Order(Part):
    """The people in the order of their shifts, the first of them from that day on, until the next order begins."""

    since: date
    primary: Annotated[People, Field(min_length=1)]
    secondary: People = ()  # who is called when the primary does not answer; none: nobody

    def people(self, place: Place) -> tuple[str, ...]:
        """Return who follows whom in the place."""
        return self.primary if place is Place.PRIMARY else self.secondary


class Rota(Part):
    """One rota: when it is handed over, and who follows whom."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    zone: Zone = "UTC"
    weekday: int | None = Field(default=1, ge=1, le=7)  # ISO, of the weekly hand-over; null: each day
    at: time = time(9, 0)
    orders: tuple[Order, ...] = Field(min_length=1)
    channel: str | None = None  # where the hand-over is told; none: where critical incidents are

    @model_validator(mode="after")
    def follows(self) -> "Rota":
        """Return the rota; raise ValueError where its orders do not follow each other, or begin on another day."""
        begins = [order.since for order in self.orders]
        if begins != sorted(set(begins)):
            raise ValueError("orders: write them from the first day to the last, one a day")
        off = [day for day in begins if self.weekday is not None and day.isoweekday() != self.weekday]
        if off:
            raise ValueError(f"orders: {off[0]} is not the weekday of the hand-over")
        return self

    @property
    def every(self) -> timedelta:
        """Return how far apart two hand-overs are, on the wall."""
        return timedelta(days=1) if self.weekday is None else WEEK

    def people(self) -> set[str]:
        """Return everybody whom one of its orders names."""
        return {name for order in self.orders for name in (*order.primary, *order.secondary)}
