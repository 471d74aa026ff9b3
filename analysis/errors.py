"""What can be refused, and why; every error that a person is told about is here.

    Refused                 told to the person who asked; `templates/words.py` makes the sentence
    ├── BadLog              a prediction log cannot be read: file, column, row_group, fault
    ├── BadSpec             what was said about the log's columns does not hold
    ├── BadLimits           the limits of a policy do not hold together
    ├── BadProfile          stored bytes are no profile, damaged, or of another version
    ├── ForeignProfile      two profiles that count differently cannot be merged or compared
    ├── BadCandidate        the predictions of a candidate cannot be judged
    ├── NoEngine            the engine that was asked for is not installed or does not start
    ├── NotAllowed          none of the person's roles may do this
    ├── NotNow              not from the state the incident is in
    ├── NotYou              needs a second person
    ├── NotSure             which roles the person holds cannot be looked up now, and this is too dangerous without
    ├── StillHere           the person is active in Slack, so nothing of them may be erased
    ├── Taken               the name stands for something else already
    ├── Full                so many wait already that no more is taken for now
    ├── Missing             a reason, a note, a level is owed
    └── Unknown             no such incident, model, severity …
    BadInput                a setting or a policy is wrong: says what, where, and what to do

Each carries facts, not prose. What is not here is a bug.
"""

from collections.abc import Iterable
from enum import StrEnum

from analysis.vocabulary import Role, State


class Fault(StrEnum):
    """What is wrong with a log."""

    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    COLUMN_MISSING = "column_missing"
    COLUMN_TYPE = "column_type"
    TOO_LARGE = "too_large"
    TIME = "time"


class Refused(Exception):
    """Something that was asked for cannot be done; `reason` names why, `facts` say with what.

    >>> Refused(model="income").facts
    {'model': 'income'}
    """

    reason = "refused"

    def __init__(self, **facts: object) -> None:
        self.facts = {name: fact for name, fact in facts.items() if fact is not None}
        super().__init__(", ".join(f"{name}={fact}" for name, fact in self.facts.items()))

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return _again, (type(self), self.facts)


def _again(kind: type[Refused], facts: dict[str, object]) -> Refused:
    return kind(**facts)


class BadLog(Refused):
    """A prediction log cannot be read.

    >>> print(BadLog(Fault.COLUMN_TYPE, file="a.parquet", column="age", row_group=3))
    fault=column_type, file=a.parquet, column=age, row_group=3
    """

    reason = "bad_log"

    def __init__(self, fault: Fault, **facts: object) -> None:
        super().__init__(fault=fault, **facts)

    def at(self, **facts: object) -> "BadLog":
        """Return the same error with more known about where it happened."""
        known = {**facts, **self.facts}
        return BadLog(Fault(str(known.pop("fault"))), **known)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process."""
        return _log_again, (self.facts,)


def _log_again(facts: dict[str, object]) -> BadLog:
    return BadLog(Fault(str(facts["fault"])), **{name: fact for name, fact in facts.items() if name != "fault"})


class BadSpec(Refused):
    """What was said about the columns of a log does not hold."""

    reason = "bad_spec"


class BadLimits(Refused):
    """The limits of a policy do not hold together."""

    reason = "bad_limits"


class BadProfile(Refused):
    """Bytes are no profile, are damaged, or come from another version of the format."""

    reason = "bad_profile"


class ForeignProfile(Refused):
    """Two profiles were counted by different specs, so their numbers do not add up."""

    reason = "foreign_profile"


class BadCandidate(Refused):
    """The predictions that a pipeline left of its candidate cannot be judged; `detail` says why."""

    reason = "bad_candidate"


class NoEngine(Refused):
    """The engine that was asked for is not installed, or does not start."""

    reason = "no_engine"


class NotAllowed(Refused):
    """None of the person's roles may do this."""

    reason = "not_allowed"

    def __init__(self, verb: str, needs: Iterable[Role]) -> None:
        self.verb, self.needs = verb, tuple(role for role in Role if role in set(needs))
        super().__init__(verb=verb, needs=self.needs)


class NotNow(Refused):
    """The incident is not in a state from which this can be done."""

    reason = "not_now"

    def __init__(self, verb: str, state: State, possible_in: Iterable[State]) -> None:
        self.verb, self.state = verb, state
        self.possible_in = tuple(one for one in State if one in set(possible_in))
        super().__init__(verb=verb, state=state, possible_in=self.possible_in)


class NotYou(Refused):
    """The same person may not do both parts; somebody else has to."""

    reason = "not_you"

    def __init__(self, verb: str, needs: Iterable[Role]) -> None:
        self.verb, self.needs = verb, tuple(role for role in Role if role in set(needs))
        super().__init__(verb=verb, needs=self.needs)


class NotSure(Refused):
    """Slack does not say now who the person is, and what they want is too dangerous to do without."""

    reason = "not_sure"


class StillHere(Refused):
    """The person is active in Slack; only who has left can be erased."""

    reason = "still_here"


class Taken(Refused):
    """The name stands for something else already."""

    reason = "taken"


class Full(Refused):
    """So many wait already that no more is taken for now."""

    reason = "full"

    def __init__(self, model: str, most: int) -> None:
        self.model, self.most = model, most
        super().__init__(model=model, most=most)


class Missing(Refused):
    """Something that is owed was left out, or is too long."""

    reason = "missing"

    def __init__(self, verb: str, field: str, what: str = "is missing") -> None:
        self.verb, self.field, self.what = verb, field, what
        super().__init__(verb=verb, field=field, what=what)


class Unknown(Refused):
    """There is no such thing; `nearest` are names that come close."""

    reason = "unknown"

    def __init__(self, kind: str, name: str, nearest: Iterable[str] = ()) -> None:
        self.kind, self.name, self.nearest = kind, name, tuple(nearest)
        super().__init__(kind=kind, name=name, nearest=self.nearest)


class BadInput(Exception):
    """A setting or a policy is wrong; the sentence says what, where, and what to do."""

    def __init__(self, where: str, what: str, do: str = "") -> None:
        self.where, self.what, self.do = where, what, do
        super().__init__(f"{where}: {what}" + (f" {do}" if do else ""))
