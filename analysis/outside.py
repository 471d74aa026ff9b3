"""Which other systems an incident is told to: the tracker, pagers, mail, and whatever else brings a short word."""

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from analysis.detection.limits import Level
from analysis.parts import Part
from analysis.vocabulary import PERSON, Family, Role, Severity

NAME = r"^[a-z0-9][a-z0-9_-]{0,39}$"
# A policy may name these variables only: it must not be able to send any other secret of the environment away.
VARIABLE = r"^ETHIXBOT_SECRET_[A-Z0-9_]{1,60}$"
ADDRESS = re.compile(r"[^@\s,<>\"]+@[^@\s,<>\"]+")
STAKEHOLDERS = "stakeholders"

Named = Annotated[str, Field(pattern=VARIABLE)]


class Tracker(Part):
    """Where an incident gets its issue (C8)."""

    kind: Literal["github"] = "github"
    repository: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")
    severity: Level = Severity.MEDIUM  # and worse
    url: str = Field(default="https://api.github.com", pattern=r"^https?://\S+$")  # GitHub Enterprise: …/api/v3

    def fits(self, severity: Severity) -> bool:
        """Return whether an incident as severe gets an issue."""
        return severity.rank >= self.severity.rank


class Pager(Part):
    """A service of PagerDuty, or an integration of Opsgenie; `pager:<name>` in escalation calls it."""

    name: str = Field(pattern=NAME)
    kind: Literal["pagerduty", "opsgenie"]
    key: Named  # the variable with the integration key
    hook: Named | None = None  # with the secret of what it sends back; none: nothing is taken from it
    users: Named | None = None  # with a REST key of PagerDuty that may read users, to know who acknowledged
    acts_as: Role | None = None  # what somebody may do whom Slack does not know by e-mail; none: nothing
    url: str | None = Field(default=None, pattern=r"^https?://\S+$")  # none: the vendor's own
    rest: str | None = Field(default=None, pattern=r"^https?://\S+$")  # where `users` are read; none: PagerDuty's own


class Notifier(Part):
    """Short messages, SMS among them, by Apprise; `notify:<name>` in escalation sends one."""

    name: str = Field(pattern=NAME)
    urls: Named  # the variable with Apprise's addresses, separated by spaces


def recipient(text: str) -> str:
    """Return who gets a mail, as it is written; raise ValueError for what nothing here can write to.

    >>> recipient("compliance@example.org"), recipient("ml_lead"), recipient("stakeholders")
    ('compliance@example.org', 'ml_lead', 'stakeholders')
    """
    kind, _, name = text.partition(":")
    is_person = kind == "user" and (PERSON.fullmatch(name) or ADDRESS.fullmatch(name))
    if text in set(Role) or text == STAKEHOLDERS or is_person or ADDRESS.fullmatch(text):
        return text
    raise ValueError(f"“{text}” gets no mail: write an address, a role, user:U… or {STAKEHOLDERS}")


Recipient = Annotated[str, AfterValidator(recipient)]


class Mailed(Part):
    """Who gets a mail at once, from a severity on: when an incident opens, rises, is contained, ends, begins anew."""

    severity: Level = Severity.HIGH
    families: tuple[Family, ...] = ()  # none: every family
    to: tuple[Recipient, ...] = Field(min_length=1)

    def fits(self, severity: Severity, family: Family) -> bool:
        """Return whether an incident is mailed."""
        return severity.rank >= self.severity.rank and (not self.families or family in self.families)


def recipients(routes: Iterable[Mailed], severity: Severity, family: Family) -> tuple[str, ...]:
    """Return who gets a mail of an incident, each once, in the order in which the policy names them.

    >>> one = Mailed(severity="high", to=("ml_lead", "a@example.org"))
    >>> recipients([one, one], Severity.CRITICAL, Family.DATA), recipients([one], Severity.MEDIUM, Family.DATA)
    (('ml_lead', 'a@example.org'), ())
    """
    return tuple(dict.fromkeys(name for one in routes if one.fits(severity, family) for name in one.to))
