"""The clocks of an incident: one table of what starts, meets and stops each, and the only code that reads it."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from analysis.response import life
from analysis.response.calendars import Calendar, between, later
from analysis.vocabulary import Role, State

# What happens to an incident beside the verbs.
OPENED, TAKEN, REOPENED, RESOLVED = "opened", "taken", "reopened", "resolved"
BEGINS = frozenset({OPENED, REOPENED})
DROPPED = frozenset({State.CLOSED, State.ACCEPTED_RISK, State.FALSE_POSITIVE})  # ended without a remedy


@dataclass(frozen=True)
class Clock:
    """One kind of deadline: what starts it, and what meets or stops it, as verbs and as states that are reached."""

    kind: str
    starts: frozenset[str]
    meets: frozenset[str] = frozenset()
    met_in: frozenset[State] = frozenset()
    stops: frozenset[str] = frozenset()
    stopped_in: frozenset[State] = frozenset()
    again: bool = False  # met, it begins anew
    may_rest: bool = True  # may be paused
    owed_by: frozenset[Role] = frozenset()  # who is told; nobody named: whoever has the incident
    unless: str | None = None  # a time of the incident: where it is set, this was done before


CLOCKS = {
    clock.kind: clock
    for clock in (
        # Whatever a person does to it shows that somebody has it.
        Clock("acknowledge", BEGINS, met_in=frozenset(State) - {State.DETECTED}, may_rest=False),
        # How severe the bot takes it to be is a guess until a person has said so.
        Clock(
            "assess",
            frozenset({TAKEN}),
            meets=frozenset({"severity", "impact"}),
            stopped_in=life.ENDED,
            unless="assessed_at",
        ),
        Clock(
            "contain",
            BEGINS,
            meets=frozenset({"freeze", "contain"}),
            met_in=frozenset({State.CONTAINED, State.RESOLVED}),
            stopped_in=DROPPED,
        ),
        Clock("root_cause", BEGINS, meets=frozenset({"root_cause"}), stopped_in=DROPPED),
        Clock("fix", BEGINS, met_in=frozenset({State.RESOLVED}), stopped_in=DROPPED),
        Clock("update", BEGINS, meets=frozenset({"update"}), stopped_in=life.ENDED, again=True),
        Clock(
            "review",
            frozenset({RESOLVED}),
            meets=frozenset({"review"}),
            met_in=frozenset({State.CLOSED}),
            stops=frozenset({REOPENED}),
            owed_by=frozenset({Role.ML_LEAD}),
        ),
        Clock(
            "postmortem",
            frozenset({RESOLVED}),
            meets=frozenset({"review"}),
            met_in=frozenset({State.CLOSED}),
            stops=frozenset({REOPENED}),
            owed_by=frozenset({Role.ML_LEAD}),
        ),
        # It outlives the incident, and no pause of ours stops a regulator's (001 §7).
        Clock(
            "regulator",
            frozenset({"confirm"}),
            meets=frozenset({"notify_regulator"}),
            stopped_in=frozenset({State.FALSE_POSITIVE}),
            may_rest=False,
            owed_by=frozenset({Role.COMPLIANCE_OFFICER, Role.GOVERNANCE_LEAD}),
        ),
    )
}


class Change(StrEnum):
    """What becomes of a clock."""

    START = "start"
    MEET = "meet"
    STOP = "stop"


def happened(verb: str, was: State | None, now: State) -> frozenset[str]:
    """Return what a move was: its verb, and whether the incident was opened, taken, reopened or resolved by it.

    >>> sorted(happened("resolve", State.CONTAINED, State.RESOLVED))
    ['resolve', 'resolved']
    """
    seen = {verb}
    if was is None:
        seen.add(OPENED)
    elif was in life.ENDED and now in life.OPEN:
        seen.add(REOPENED)
    if now in life.AT_WORK and was not in life.AT_WORK:
        seen.add(TAKEN)
    if now is State.RESOLVED and was is not State.RESOLVED and was is not None:
        seen.add(RESOLVED)
    return frozenset(seen)


def follow(verb: str, was: State | None, now: State, running: Set[str]) -> Iterator[tuple[str, Change]]:
    """Yield what a move does to each clock, in order; `running` are the kinds that run or rest.

    >>> [(kind, change.value) for kind, change in follow("freeze", State.DETECTED, State.CONTAINED, {"acknowledge"})]
    [('acknowledge', 'meet'), ('assess', 'start')]
    """
    seen = happened(verb, was, now)
    for clock in CLOCKS.values():
        runs = clock.kind in running
        if runs and (clock.meets & seen or now in clock.met_in):
            yield clock.kind, Change.MEET
            if clock.again and now in life.OPEN:
                yield clock.kind, Change.START
        elif runs and (clock.stops & seen or now in clock.stopped_in):
            yield clock.kind, Change.STOP
        elif not runs and clock.starts & seen and now not in clock.met_in:
            yield clock.kind, Change.START


def warn_at(now: datetime, due: datetime, margin: timedelta, calendar: Calendar | None = None) -> datetime:
    """Return when to warn: so much time before it is due, and at once where less is left.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> warn_at(noon, noon + timedelta(hours=4), timedelta(hours=1)).hour
    15
    """
    left = between(now, due, calendar)
    return later(now, max(left - margin, timedelta(0)), calendar)


def is_owed(clock: Clock, state: State) -> bool:
    """Return whether a clock that runs from the opening would still be owed in that state."""
    return OPENED in clock.starts and state in life.OPEN and state not in clock.met_in


def replanned(
    since: tuple[datetime, datetime],
    due: datetime,
    spans: tuple[timedelta, timedelta],
    *,
    rose: bool,
    calendar: Calendar | None = None,
) -> datetime:
    """Return when a clock is due once the severity changed.

    A rise gives its own span from now on, never more than there was; a fall the longer one from the start. `since` are
    the start and now (of one that rests: when it came to rest), `spans` the new span and how long it rested so far.

    >>> from datetime import UTC
    >>> noon, hour = datetime(2026, 11, 20, 12, tzinfo=UTC), timedelta(hours=1)
    >>> replanned((noon, noon + 3 * hour), noon + 9 * hour, (hour, 0 * hour), rose=True).hour
    16
    """
    (started, now), (within, rested) = since, spans
    if rose:
        return min(due, later(now, within, calendar))
    return max(due, later(started, within + rested, calendar))
