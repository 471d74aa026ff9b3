"""Who is told of an incident beside those who are called, at which stage, and who has to release it first (002)."""

from collections.abc import Iterable, Set
from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from analysis.detection.limits import Level
from analysis.parts import Part
from analysis.paths import Target
from analysis.vocabulary import Family, Role, Severity


class Stage(StrEnum):
    """How far an incident has come."""

    OPENED = "opened"
    CONTAINED = "contained"
    ROLLED_BACK = "rolled_back"  # an earlier version, or rules, decide in the model's place (001 §6)
    RESOLVED = "resolved"


class Telling(Part):
    """A message that is owed once an incident, at a stage, from a severity on; `release` names who lets it go."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    stage: Stage
    severity: Level = Severity.HIGH
    families: tuple[Family, ...] = ()  # none: every family
    to: tuple[Target, ...] = Field(min_length=1)
    audience: Literal["internal", "leadership", "customers", "regulator"] = "leadership"
    release: tuple[Role, ...] = ()

    @model_validator(mode="after")
    def can_be_reached(self) -> "Telling":
        """Return it; raise ValueError for a user group, a pager or a notifier, which take no message."""
        groups = [one for one in self.to if one.startswith(("group:", "pager:", "notify:"))]
        if groups:
            raise ValueError(f"to: {groups[0]} cannot be written to: name roles, people, rotas or a channel")
        return self

    def fits(self, severity: Severity, family: Family, reached: Set[Stage]) -> bool:
        """Return whether it is owed."""
        is_bad_enough = severity.rank >= self.severity.rank
        return is_bad_enough and self.stage in reached and (not self.families or family in self.families)


def due(tellings: Iterable[Telling], severity: Severity, family: Family, reached: Set[Stage]) -> list[Telling]:
    """Return what is owed to an incident that has come so far.

    >>> one = Telling(name="board", stage="opened", to=("ceo",))
    >>> [told.name for told in due([one], Severity.CRITICAL, Family.DATA, {Stage.OPENED})]
    ['board']
    >>> due([one], Severity.MEDIUM, Family.DATA, {Stage.OPENED})
    []
    """
    return [one for one in tellings if one.fits(severity, family, reached)]
