"""What a verb may ask for: the form of each field, the same for a modal, a request over HTTP and a command.

A field is known by its name in `life.MOVES`; one without a row is text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from analysis.errors import Missing
from analysis.response.affected import PERIODS
from analysis.response.drift import Decision
from analysis.response.impact import Revenue
from analysis.response.learning import CauseType, Needed
from analysis.response.reports import Kind
from analysis.response.restraint import Segment, Throttle
from analysis.vocabulary import PERSON, Duty, Severity

LONGEST = 2_000  # characters of a reason or a note
YEARS = range(2000, 2200)  # further away is a slip of the pen, and no arithmetic with time gets past its end


class Form(StrEnum):
    """How a field is filled in."""

    TEXT = "text"  # several lines
    LINE = "line"
    CHOICE = "choice"
    PERSON = "person"  # a Slack user id
    MOMENT = "moment"  # an ISO time with its offset
    DAY = "day"  # an ISO date
    SEGMENT = "segment"  # as `restraint.Segment` is written
    RATE = "rate"  # as `restraint.Throttle` is written


@dataclass(frozen=True)
class Field:
    """The form of a field, what may be chosen (nothing: what the incident offers), and how long it may be."""

    form: Form = Form.TEXT
    options: tuple[str, ...] = ()
    longest: int = LONGEST


TEXT = Field()
FIELDS = {
    "level": Field(Form.CHOICE),
    "fallback": Field(Form.LINE, longest=200),
    "segment": Field(Form.SEGMENT, longest=200),
    "throttle": Field(Form.RATE, longest=50),
    "baseline": Field(Form.LINE, longest=100),
    "clock": Field(Form.CHOICE),
    "authority": Field(Form.LINE, longest=200),
    "reference": Field(Form.LINE, longest=200),
    "severity": Field(Form.CHOICE, tuple(Severity)),
    "person": Field(Form.PERSON),
    "duty": Field(Form.CHOICE, tuple(Duty)),
    "assignment": Field(Form.CHOICE),
    "step": Field(Form.CHOICE),
    "runbook": Field(Form.CHOICE),
    "owner": Field(Form.PERSON),
    "revenue": Field(Form.CHOICE, tuple(Revenue)),
    "customers": Field(Form.LINE, longest=200),
    "into": Field(Form.CHOICE),
    "telling": Field(Form.CHOICE),
    "period": Field(Form.CHOICE, PERIODS),
    "document": Field(Form.CHOICE, ("letter", "regulator", "internal")),
    "offered_to": Field(Form.LINE, longest=200),
    "kind": Field(Form.CHOICE, tuple(Kind)),
    "alert": Field(Form.CHOICE),
    "candidate": Field(Form.CHOICE),
    "decision": Field(Form.CHOICE, tuple(Decision)),
    "version": Field(Form.LINE, longest=100),
    "cause_type": Field(Form.CHOICE, tuple(CauseType)),
    "what": Field(Form.LINE, longest=300),
    "needed": Field(Form.CHOICE, tuple(Needed)),
    "follow_up": Field(Form.CHOICE),
    "attendees": Field(Form.LINE, longest=500),
    "until": Field(Form.MOMENT),
    "due": Field(Form.DAY),
}


def of(name: str) -> Field:
    """Return the field of that name.

    >>> of("person").form, of("reason").form
    (<Form.PERSON: 'person'>, <Form.TEXT: 'text'>)
    """
    return FIELDS.get(name, TEXT)


def is_optional(asked: str) -> bool:
    """Return whether the field, as `life.MOVES` writes it, may stay empty."""
    return asked.endswith("?")


def check(verb: str, asked: str, value: str) -> None:
    """Raise Missing where the field is owed and empty, too long, or not of its form.

    >>> check("severity", "severity", "worse")
    Traceback (most recent call last):
    analysis.errors.Missing: verb=severity, field=severity, what=“worse” is none of low, medium, high, critical
    """
    name = asked.rstrip("?")
    field = of(name)
    if not value:
        if is_optional(asked):
            return
        raise Missing(verb, name)
    if len(value) > field.longest:
        raise Missing(verb, name, f"is longer than {field.longest} characters")
    parse = PARSED.get(field.form)
    wrong = _unreadable(parse, value) if parse else _wrong(field, value)
    if wrong:
        raise Missing(verb, name, wrong)


def moment(value: str) -> datetime:
    """Return the time that a checked field holds."""
    return datetime.fromisoformat(value).astimezone(UTC)


def _wrong(field: Field, value: str) -> str:
    if field.options and value not in field.options:
        return f"“{value[:100]}” is none of {', '.join(field.options)}"
    if field.form is Form.LINE and len(value.splitlines()) > 1:
        return "has to be one line"
    if field.form is Form.PERSON and not PERSON.fullmatch(value):
        return f"“{value[:100]}” is no Slack user id"
    if field.form is Form.DAY and not _reads(date.fromisoformat, value):
        return f"“{value[:100]}” is no day: write 2026-11-30"
    if field.form is Form.MOMENT and not _is_moment(value):
        return f"“{value[:100]}” is no time with its offset: write 2026-11-30T14:00:00+00:00"
    return ""


PARSED: dict[Form, Callable[[str], object]] = {Form.SEGMENT: Segment.parse, Form.RATE: Throttle.parse}


def _unreadable(parse: Callable[[str], object], value: str) -> str:
    try:
        parse(value)
    except ValueError as error:
        return str(error)
    return ""


def _is_moment(value: str) -> bool:
    return _reads(datetime.fromisoformat, value) and datetime.fromisoformat(value).tzinfo is not None


def _reads(how: Callable[[str], date], value: str) -> bool:
    try:
        return how(value).year in YEARS
    except ValueError:
        return False
