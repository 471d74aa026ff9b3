"""Which calls a path makes, in order, and which comes next; why each is made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from analysis.paths import Path, Step
from analysis.vocabulary import Family, Role


class Why(StrEnum):
    """Why people are called."""

    OPENED = "opened"
    WAITED = "waited"  # nobody acknowledged in time
    REPEATED = "repeated"  # the same step again, for nobody acknowledged
    UNRESOLVED = "unresolved"  # somebody has it, and it still goes on
    QUIET = "quiet"  # who has it did not answer whether they are still on it
    ROSE = "rose"  # it is more severe than it was
    BY_HAND = "by_hand"


@dataclass(frozen=True)
class Call:
    """One call that is planned: its number in the order of time, its step, and the how-manieth of that step it is."""

    number: int
    step: int
    turn: int  # 0: the first; more: it is repeated
    after: timedelta
    to: tuple[str, ...]
    until: str

    @property
    def why(self) -> Why:
        """Return why it is made when its time comes."""
        if self.turn:
            return Why.REPEATED
        return Why.UNRESOLVED if self.until == "resolved" else Why.WAITED


def calls(path: Path, family: Family) -> tuple[Call, ...]:
    """Return the calls of the path in the order of time.

    The Compliance Officer is always on call for fairness (B6): where no step at once names them, the first one does.
    """
    steps = [_with_compliance(path, step, number) if family is Family.FAIRNESS else step
             for number, step in enumerate(path.steps)]  # fmt: skip
    turns = [
        (step.after + turn * (step.repeat.every if step.repeat else timedelta(0)), number, turn, step)
        for number, step in enumerate(steps)
        for turn in range(1 + (step.repeat.times if step.repeat else 0))
    ]
    turns.sort(key=lambda one: one[:3])
    return tuple(
        Call(number, of_step, turn, after, step.to, step.until)
        for number, (after, of_step, turn, step) in enumerate(turns)
    )


def _with_compliance(path: Path, step: Step, number: int) -> Step:
    at_once = {name for one in path.steps if one.after == path.steps[0].after for name in one.to}
    if number or Role.COMPLIANCE_OFFICER in at_once:
        return step
    return step.model_copy(update={"to": (*step.to, Role.COMPLIANCE_OFFICER.value)})


class Numbered(Protocol):
    """A call as it is planned somewhere."""

    @property
    def number(self) -> int:
        """Return its place in the order of time."""

    @property
    def step(self) -> int:
        """Return the step that it is of."""


P = TypeVar("P", bound=Numbered)


def following(planned: Sequence[P], number: int) -> P | None:
    """Return the first call of the step after the one that was called last; None past the last step.

    >>> from analysis.parts import duration
    >>> again = {"times": 2, "every": "5 min"}
    >>> steps = [{"after": "0 s", "to": ["on_call"], "repeat": again}, {"after": "1 h", "to": ["cto"]}]
    >>> path = Path.model_validate({"severity": "high", "steps": steps})
    >>> following(calls(path, Family.DATA), 0).to
    ('cto',)
    """
    now = next((one.step for one in planned if one.number == number), -1)
    later = [one for one in planned if one.number > number and one.step > now]
    return min(later, key=lambda one: one.number, default=None)


def roles(targets: Iterable[str]) -> list[Role]:
    """Return the roles among the targets of a step."""
    return [Role(one) for one in targets if one in set(Role)]
