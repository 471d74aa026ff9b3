"""How soon what is owed at a severity: the `clocks:` of the policy (REQUIREMENTS, One vocabulary)."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from analysis.parts import Part, Span

Positive = Annotated[Span, Field(gt=timedelta(0), le=timedelta(days=366))]


class Term(Part):
    """A span, when to warn before it ends, and the calendar whose hours it counts (none: every hour)."""

    within: Positive
    warn: Positive | None = None  # so long before the end; none: the share that the severity says
    calendar: str | None = None

    @model_validator(mode="after")
    def warns_in_time(self) -> "Term":
        """Return the term; raise ValueError where it would warn before it begins."""
        if self.warn is not None and self.warn >= self.within:
            raise ValueError("warn has to be shorter than within")
        return self


def _term(value: object) -> object:
    """Return a bare span as a term."""
    return {"within": value} if isinstance(value, str | timedelta) else value


Within = Annotated[Term, BeforeValidator(_term)]
REGULATOR = Term(within=timedelta(hours=72))  # 001 §7; a calendar or a pause would not impress one


class Terms(Part):
    """What is owed at a severity, a clock each; none: that one does not run."""

    acknowledge: Within | None = None
    assess: Within | None = None
    contain: Within | None = None
    root_cause: Within | None = None
    fix: Within | None = None
    update: Within | None = None
    review: Within | None = None
    postmortem: Within | None = None
    regulator: Within = REGULATOR
    warn: float = Field(default=0.25, gt=0, lt=1)  # share of a span that is left when it warns

    @model_validator(mode="after")
    def regulator_runs_always(self) -> "Terms":
        """Return the terms; raise ValueError where the regulator's clock would rest at night."""
        if self.regulator.calendar is not None:
            raise ValueError("the clock of the regulator runs every hour: it takes no calendar")
        return self

    def of(self, kind: str) -> Term | None:
        """Return the term of a clock; None where it does not run at this severity."""
        found = getattr(self, kind, None)
        return found if isinstance(found, Term) else None

    def margin(self, term: Term) -> timedelta:
        """Return how long before the end it warns."""
        return term.warn or term.within * self.warn

    def calendars(self) -> set[str]:
        """Return the names of the calendars that are asked for."""
        terms = (self.of(kind) for kind in type(self).model_fields)
        return {term.calendar for term in terms if term is not None and term.calendar is not None}
