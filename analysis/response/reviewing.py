"""What the monthly review of baselines advises for a model (A6, E1; 003 §4.2)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

QUARTER = timedelta(days=90)  # E1: quarterly refresh if stable
PERIOD = timedelta(days=30)  # the checks that are looked back at
FEWEST = 4  # judged checks that show a state: a month of weekly ones


class Advice(StrEnum):
    """What is to be done with a baseline."""

    MAKE = "make"  # there is none
    KEEP = "keep"
    REFRESH = "refresh"  # older than a quarter, and what it describes has not changed
    SETTLE = "settle"  # older than a quarter, with a gap: a refresh would take the gap over
    UNSTABLE = "unstable"  # older than a quarter, but what it describes is moving
    UNKNOWN = "unknown"  # older than a quarter, and too few checks could judge


@dataclass(frozen=True)
class Record:
    """How a model did: its active baseline's age, the checks that could judge, those within limits, a standing gap."""

    age: timedelta | None
    judged: int
    within: int
    has_gap: bool


def advise(record: Record) -> Advice:
    """Return what is advised.

    >>> advise(Record(timedelta(days=91), judged=30, within=30, has_gap=False))
    <Advice.REFRESH: 'refresh'>
    >>> advise(Record(timedelta(days=90), judged=30, within=30, has_gap=False))
    <Advice.KEEP: 'keep'>
    """
    if record.age is None:
        return Advice.MAKE
    if record.age <= QUARTER:
        return Advice.KEEP
    if record.has_gap:
        return Advice.SETTLE
    if record.judged < FEWEST:
        return Advice.UNKNOWN
    return Advice.REFRESH if record.within == record.judged else Advice.UNSTABLE
