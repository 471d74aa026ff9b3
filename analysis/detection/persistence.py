"""Opening and closing over several runs: k of the last m to open, so many clear ones to close (hysteresis)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.detection.alerts import Alert
from analysis.detection.limits import Persistence
from analysis.vocabulary import Severity

Fingerprint = tuple[str, ...]
Run = Mapping[Fingerprint, Severity]  # what one run raised


@dataclass(frozen=True)
class Standing:
    """What follows from a run and those before it."""

    raised: tuple[Alert, ...]  # open now: to be told, or counted where they were open before
    held_back: tuple[Alert, ...]  # seen, not often enough yet
    recovered: frozenset[Fingerprint]  # were open, and have stayed away long enough


def follow(
    now: Sequence[Alert], before: Sequence[Run], was_open: frozenset[Fingerprint], rule: Persistence
) -> Standing:
    """Return what to do about this run's alerts, given the runs before it (oldest first) and what is open.

    A finding that stays medium for as many runs in a row as the rule says becomes high. A rule of the team's own has
    counted its runs itself, and its severity is as it is written.

    >>> follow((), [{("data", "age"): Severity.LOW}], frozenset({("data", "age")}), Persistence()).recovered
    frozenset({('data', 'age')})
    """
    runs = [*before, {alert.fingerprint: alert.severity for alert in now}]
    opened = [a for a in now if a.lead.is_of_rule or a.fingerprint in was_open or _often(a.fingerprint, runs, rule)]
    gone = {name for name in was_open if not any(name in run for run in runs[-rule.clear :])}
    return Standing(
        tuple(alert if alert.lead.is_of_rule else _grown(alert, runs, rule) for alert in opened),
        tuple(alert for alert in now if alert not in opened),
        frozenset(name for name in gone if len(runs) >= rule.clear),
    )


def _often(name: Fingerprint, runs: Sequence[Run], rule: Persistence) -> bool:
    return sum(name in run for run in runs[-rule.open_of :]) >= rule.open_k


def _grown(alert: Alert, runs: Sequence[Run], rule: Persistence) -> Alert:
    """Return the alert, high where it has been medium long enough (REQUIREMENTS, below the table)."""
    last = [run.get(alert.fingerprint) for run in runs[-rule.medium_becomes_high_after :]]
    is_long = len(last) == rule.medium_becomes_high_after and all(severity is Severity.MEDIUM for severity in last)
    return replace(alert, severity=Severity.HIGH) if is_long else alert
