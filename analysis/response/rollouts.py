"""Promotion, rollback and its reverse: their steps, what is looked at before, when it is tried again (C6, C7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from analysis.response.serving import Rollback
from analysis.vocabulary import Severity

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=1)
HANGS, TOLD_AGAIN = timedelta(minutes=5), timedelta(minutes=30)
ENDING = timedelta(minutes=2)  # of a command whose time is over: its supervisor ends it
REVERSIBLE = timedelta(hours=24)  # afterwards what served before a rollback is a version like any other


class Kind(StrEnum):
    """What is changed: a new version comes in, an earlier one comes back, or that is taken back."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"
    REVERSE = "reverse"


class Status(StrEnum):
    """Where a change stands."""

    QUEUED = "queued"
    RUNNING = "running"
    UNDOING = "undoing"  # a step failed: what was done is taken back
    DONE = "done"
    UNDONE = "undone"  # all is as it was before
    FAILED = "failed"  # it could not even be taken back: people have to


UNDER_WAY = frozenset({Status.QUEUED, Status.RUNNING, Status.UNDOING})


class Step(StrEnum):
    """One thing that is changed, or looked at, in one system."""

    CHECK = "check"  # all that was true when it was asked for still is
    KEEP = "keep"  # what serves now is named last known good
    DEPLOY = "deploy"  # the deployment pipeline
    CHAMPION = "champion"  # the registry, what the gate tells to serve, and the baseline
    HEALTH = "health"
    TEST = "test"
    BLOCK = "block"  # what was rolled back does not serve again before its incident is resolved
    OPEN = "open"  # the restraint of the incident gives way to increased monitoring


LONG = frozenset({Step.CHECK, Step.DEPLOY, Step.TEST})  # files are read, or a command runs

ORDER = {
    Kind.PROMOTE: tuple(step for step in Step if step is not Step.BLOCK),
    Kind.ROLLBACK: tuple(step for step in Step if step is not Step.KEEP),
    Kind.REVERSE: tuple(step for step in Step if step not in (Step.KEEP, Step.BLOCK)),
}


def steps(kind: Kind, how: Rollback) -> tuple[Step, ...]:
    """Return the steps in their order, less those for which the policy names nothing.

    >>> [step.value for step in steps(Kind.ROLLBACK, Rollback())]
    ['check', 'champion', 'block', 'open']
    """
    named = {Step.DEPLOY: how.command, Step.HEALTH: how.health, Step.TEST: how.test}
    return tuple(step for step in ORDER[kind] if named.get(step, True))


def pause(tries: int) -> timedelta:
    """Return how long to wait before the next try.

    >>> [pause(tries).total_seconds() for tries in (1, 2, 3, 30)]
    [2.0, 4.0, 8.0, 60.0]
    """
    doubled: int = 2 ** min(tries - 1, 10)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)


def patience(step: Step, how: Rollback) -> timedelta:
    """Return for how long a step may not get on before people have to look: where a command runs, its own time.

    >>> [str(patience(step, Rollback())) for step in (Step.CHAMPION, Step.DEPLOY)]
    ['0:05:00', '0:17:00']
    """
    return max(HANGS, how.timeout + ENDING) if step in LONG else HANGS


class Version(Protocol):
    """What is judged of a registered version."""

    artefact_sha256: str | None
    verified_at: datetime | None
    unread: str | None
    mismatch: str | None
    blocked_by: str | None
    blocked_why: str | None
    details: dict[str, Any]  # `validation`: a `Judged`, `judged_as`: the retrain


def known_good(served: str | None, kept: str | None, worst: Severity) -> str | None:
    """Return what is gone back to once a candidate serves: what served, or what was kept where that is the trouble.

    A candidate is promoted for an incident. One that is high or critical is not known to be good.

    >>> known_good("2.0", "1.0", Severity.CRITICAL), known_good("2.0", "1.0", Severity.MEDIUM)
    ('1.0', '2.0')
    >>> known_good("2.0", None, Severity.CRITICAL)
    '2.0'
    """
    is_trouble = worst.rank >= Severity.HIGH.rank
    return (kept or served) if is_trouble else (served or kept)


class Judged(StrEnum):
    """How the validation of a version ended."""

    PASSED = "passed"
    FAILED = "failed"


class What(StrEnum):
    """What is looked at before a version serves."""

    REGISTERED = "registered"
    CHECKSUM = "checksum"
    PASSED = "passed"  # its validation
    FREE = "free"  # it is not blocked


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is (None: nobody knows, which stops nothing), and what makes it so."""

    what: What
    is_well: bool | None
    why: str = ""


def checks(version: Version | None, *, lifts: str | None = None, served: bool = False) -> list[Check]:
    """Return what speaks for and against the version; `lifts` is the incident whose block does not count.

    One that served before needs no validation; of one that neither served nor was validated nobody knows.

    >>> [(check.what.value, check.is_well) for check in checks(None)]
    [('registered', False)]
    """
    if version is None:
        return [Check(What.REGISTERED, False)]
    is_compared = version.artefact_sha256 is not None and version.verified_at is not None and version.unread is None
    checksum = False if version.mismatch else True if is_compared else None
    ended = {Judged.PASSED.value: True, Judged.FAILED.value: False}
    passed = ended.get(str(version.details.get("validation")), True if served else None)
    is_free = version.blocked_by is None or version.blocked_by == lifts
    return [
        Check(What.REGISTERED, True),
        Check(What.CHECKSUM, checksum, version.mismatch or version.unread or ""),
        Check(What.PASSED, passed, str(version.details.get("judged_as", ""))),
        Check(What.FREE, is_free, "" if is_free else f"{version.blocked_by}: {version.blocked_why or ''}"),
    ]


def against(found: list[Check]) -> Check | None:
    """Return the first that forbids it; None where nothing does."""
    return next((check for check in found if check.is_well is False), None)
