"""Runbooks as data: which one an incident follows, what its steps are, and which of them the bot ticks by itself.

The shipped ones lie in `templates/runbooks/`; one of the policy with the same id takes its place.
"""

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field, model_validator

from analysis.parts import Part, Span
from analysis.response.life import MOVES
from analysis.vocabulary import Duty, Family, Severity

MOST = 20  # steps; Slack shows 50 blocks, and nobody follows more at night


class Step(Part):
    """One thing to do: in words, within so long of the opening, by whom, and which verb shows that it is done."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    text: str = Field(min_length=1, max_length=300)
    within: Span | None = None
    duty: Duty | None = None
    verb: str | None = None

    @model_validator(mode="after")
    def names_a_verb(self) -> "Step":
        """Return the step; raise ValueError where its verb is none."""
        if self.verb is not None and self.verb not in MOVES:
            raise ValueError(f"there is no verb “{self.verb}”")
        return self


class Runbook(Part):
    """A checklist for incidents of these families and severities, of models of a domain, or led by these metrics.

    What people report has a metric too: `report:` and its kind.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    version: int = Field(default=1, ge=1)
    title: str = Field(min_length=1, max_length=80)
    source: str = ""
    families: tuple[Family, ...] = ()  # none: every family
    severities: tuple[Severity, ...] = (Severity.HIGH, Severity.CRITICAL)
    metrics: tuple[str, ...] = ()  # of the finding that opened it
    domains: tuple[str, ...] = ()  # of the model; one of both is enough, none of both: any
    steps: tuple[Step, ...] = Field(min_length=1, max_length=MOST)

    @model_validator(mode="after")
    def has_each_key_once(self) -> "Runbook":
        """Return the runbook; raise ValueError where two steps have one key."""
        keys = [step.key for step in self.steps]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"steps: {', '.join(twice)} stands there twice")
        return self

    def fits(self, family: Family, severity: Severity, metric: str | None, domain: str | None) -> bool:
        """Return whether the runbook is for such an incident."""
        led = not (self.metrics or self.domains) or metric in self.metrics or domain in self.domains
        return led and severity in self.severities and (not self.families or family in self.families)

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """Return how special it is: what names the domain goes before what names a metric, that before a family."""
        return bool(self.domains), bool(self.metrics), bool(self.families)


def choose(
    runbooks: Iterable[Runbook], family: Family, severity: Severity, metric: str | None, domain: str | None
) -> Runbook | None:
    """Return the most special runbook that fits; of equals the first; None where none does."""
    fitting = [one for one in runbooks if one.fits(family, severity, metric, domain)]
    return max(fitting, key=lambda one: one.rank, default=None)


def due(step: Step, opened_at: datetime) -> datetime | None:
    """Return by when the step is to be done; None where it has no limit."""
    return opened_at + step.within if step.within is not None else None
