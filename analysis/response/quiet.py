"""What is not told, and what breaks through: silences, maintenance windows, accepted risks, snoozes (B9, B10)."""

import re
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from analysis.errors import Missing, NotAllowed
from analysis.parts import UNITS
from analysis.response.fields import LONGEST as LONGEST_TEXT
from analysis.response.life import OFFICERS, RESPONDERS
from analysis.vocabulary import Family, Role, Severity


class Kind(StrEnum):
    """Why something is not told."""

    SNOOZE = "snooze"  # an incident rests for a while
    SILENCE = "silence"
    MAINTENANCE = "maintenance"
    ACCEPTED_RISK = "accepted_risk"


LONGEST = {
    Kind.SNOOZE: timedelta(days=7),
    Kind.SILENCE: timedelta(days=30),
    Kind.MAINTENANCE: timedelta(days=7),
    Kind.ACCEPTED_RISK: timedelta(days=30),  # 003 §12
}
# So long before the end it is said that it comes; of a shorter stretch, when a quarter is left. A snooze needs none.
NOTICE = {
    Kind.SILENCE: timedelta(hours=1),
    Kind.MAINTENANCE: timedelta(minutes=30),
    Kind.ACCEPTED_RISK: timedelta(days=3),
}
# Fairness is silenced by those who answer for it; a critical alert by nobody but whoever answers for the whole.
MAKERS = {
    Kind.SILENCE: frozenset({Role.ML_LEAD, Role.COMPLIANCE_OFFICER, Role.ADMIN, Role.CTO}),
    Kind.SNOOZE: RESPONDERS | OFFICERS,
    Kind.ACCEPTED_RISK: frozenset({Role.ML_LEAD, Role.COMPLIANCE_OFFICER}),  # each of the two may take it back
    Kind.MAINTENANCE: frozenset({Role.ON_CALL, Role.ML_LEAD, Role.COMPLIANCE_OFFICER, Role.ADMIN, Role.CTO}),
}
OF_FAIRNESS = frozenset({Role.COMPLIANCE_OFFICER, Role.ADMIN})
OF_CRITICAL = frozenset({Role.ADMIN, Role.CTO})


@dataclass(frozen=True)
class Subject:
    """What an alert is about, as far as a matcher asks."""

    model: str
    family: Family
    severity: Severity
    metric: str
    column: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Matcher:
    """What a quiet is over: all that is named must fit. `up_to` is the worst severity that it holds."""

    model: str | None = None
    family: str | None = None
    metric: str | None = None
    column: str | None = None
    group: str | None = None
    up_to: str = Severity.HIGH

    @classmethod
    def of(cls, kept: Mapping[str, str]) -> "Matcher":
        """Return the matcher that `kept` stores."""
        return cls(**{name: kept[name] for name in cls.__dataclass_fields__ if name in kept})

    def kept(self) -> dict[str, str]:
        """Return what is stored: what is named, and how far it goes."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def fits(self, subject: Subject) -> bool:
        """Return whether it holds an alert back. Fairness is held only where it is named, and nothing that is worse.

        >>> alert = Subject("income", Family.DATA, Severity.HIGH, "psi", "age")
        >>> Matcher(model="income").fits(alert), Matcher(column="pay").fits(alert), Matcher(up_to="medium").fits(alert)
        (True, False, False)
        """
        if subject.severity.rank > Severity(self.up_to).rank:
            return False
        if subject.family is Family.FAIRNESS and self.family != Family.FAIRNESS:
            return False
        named = ((name, getattr(self, name)) for name in NAMED)
        return all(wanted is None or wanted == getattr(subject, name) for name, wanted in named)


NAMED = ("model", "family", "metric", "column", "group")
TYPED = (Kind.SILENCE, Kind.MAINTENANCE)  # the others are moves of an incident


def allow(kind: Kind, matcher: Matcher, roles: Set[Role]) -> None:
    """Raise NotAllowed where none of the roles may make it, or end it.

    >>> allow(Kind.MAINTENANCE, Matcher(model="income"), {Role.ON_CALL})
    """
    needs = [MAKERS[kind]]
    needs += [OF_FAIRNESS] if matcher.family == Family.FAIRNESS else []
    needs += [OF_CRITICAL] if matcher.up_to == Severity.CRITICAL else []
    for by in needs:
        if not by & roles:
            raise NotAllowed(kind.value, by)


def check_end(verb: str, kind: Kind, now: datetime, ends_at: datetime) -> None:
    """Raise Missing where the end lies behind, or too far ahead."""
    if ends_at <= now:
        raise Missing(verb, "until", "lies behind")
    if ends_at - now > LONGEST[kind]:
        raise Missing(verb, "until", f"may be {LONGEST[kind].days} days from now at most")


def notice_at(kind: Kind, starts_at: datetime, ends_at: datetime) -> datetime | None:
    """Return when it is said that the end comes; None where nobody has to know before.

    >>> notice_at(Kind.SILENCE, datetime(2026, 11, 20, 12), datetime(2026, 11, 20, 14))
    datetime.datetime(2026, 11, 20, 13, 30)
    """
    return ends_at - min(NOTICE[kind], (ends_at - starts_at) / 4) if kind in NOTICE else None


@dataclass(frozen=True)
class Typed:
    """A quiet as it was typed: what it is over, until when, why."""

    matcher: Matcher
    ends_at: datetime
    reason: str


def read(kind: Kind, words: list[str], now: datetime) -> Typed:
    """Return what `/ethix silence …` asks for; raise Missing for what is owed or not understood.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> found = read(Kind.SILENCE, "model=income family=data for 4h the feed moves".split(), noon)
    >>> found.matcher.family, found.ends_at.hour, found.reason
    ('data', 16, 'the feed moves')
    """
    matched, rest = named(kind, words)
    ends_at, rest = _end(kind, rest, now)
    if [word.lower() for word in rest[:2]] == ["including", "critical"]:
        rest, matched["up_to"] = rest[2:], Severity.CRITICAL.value
    return checked(kind, matched, ends_at, " ".join(rest), now)


def checked(kind: Kind, matched: dict[str, str], ends_at: datetime, reason: str, now: datetime) -> Typed:
    """Return what is asked for, at whichever door; raise Missing for what is owed or amiss."""
    check_end(kind, kind, now, ends_at)
    if not set(matched) & ({"model"} if kind is Kind.MAINTENANCE else set(NAMED)):
        wanted = "model=…" if kind is Kind.MAINTENANCE else "one of " + ", ".join(f"{name}=…" for name in NAMED)
        raise Missing(kind, "matcher", f"is missing: name {wanted}")
    if "family" in matched and matched["family"] not in set(Family):
        raise Missing(kind, "matcher", f"“{matched['family'][:100]}” is no family: use {', '.join(Family)}")
    if not reason.strip():
        raise Missing(kind, "reason")
    if len(reason) > LONGEST_TEXT:
        raise Missing(kind, "reason", f"is longer than {LONGEST_TEXT} characters")
    return Typed(Matcher.of(matched), ends_at, reason.strip())


def kind_of(name: str) -> Kind:
    """Return which of the two that are no move of an incident is meant; raise Missing.

    >>> kind_of("silence")
    <Kind.SILENCE: 'silence'>
    """
    if name not in TYPED:
        raise Missing("silence", "kind", f"“{name[:50]}” is none of {', '.join(TYPED)}")
    return Kind(name)


def ending(kind: Kind, words: list[str], now: datetime) -> datetime:
    """Return the time that `for 4h` or `until 2026-11-23T18:00` names; raise Missing for what is none.

    >>> from datetime import UTC
    >>> ending(Kind.SILENCE, ["for", "4", "h"], datetime(2026, 11, 20, 12, tzinfo=UTC)).hour
    16
    """
    return _end(kind, words, now)[0]


def named(kind: Kind, words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return what `model=… column=…` names, and the words after it; raise Missing for what nothing is matched by."""
    found: dict[str, str] = {}
    for number, word in enumerate(words):
        name, sign, value = word.partition("=")
        if not sign:
            words = words[number:]
            break
        if name.lower() not in NAMED or not value:
            raise Missing(kind, "matcher", f"“{word[:100]}” is none of {', '.join(f'{one}=…' for one in NAMED)}")
        found[name.lower()] = value.strip("\"'“”")
    else:
        words = []
    return found, words


def _end(kind: Kind, rest: list[str], now: datetime) -> tuple[datetime, list[str]]:
    """Return when it ends, and the words after it: `for 4h`, `for 30 min`, `until 2026-11-23T18:00` in UTC."""
    first = rest[0].lower() if rest else ""
    if first == "for":
        match = re.match(r"(\d{1,4})\s*(min|s|h|d)\b\s*", " ".join(rest[1:]))
        if match:
            left = " ".join(rest[1:])[match.end() :].split()
            return now + timedelta(seconds=int(match[1]) * UNITS[match[2]]), left
    elif first == "until" and len(rest) > 1:
        try:
            found = datetime.fromisoformat(rest[1])
        except ValueError:
            pass
        else:
            return (found if found.tzinfo else found.replace(tzinfo=now.tzinfo)), rest[2:]
    raise Missing(kind, "until", "is missing: say “for 4h”, or “until 2026-11-23T18:00” (UTC)")
