"""What every pager is told, and what each of them tells us; a vendor turns one into the other."""

from dataclasses import dataclass, field
from datetime import datetime

from analysis.response.paging import Paged
from analysis.vocabulary import Severity


@dataclass(frozen=True)
class Event:
    """Something a pager is told about one incident; `key` makes it the same page each time."""

    key: str
    state: Paged  # triggered | acknowledged | resolved
    severity: Severity
    summary: str
    source: str  # the model
    at: datetime
    details: dict[str, str] = field(default_factory=dict)
    link: str | None = None
    by: str = "ethixbot"


@dataclass(frozen=True)
class Word:
    """Something that people did at a pager, as it tells us."""

    delivery: str
    key: str
    state: Paged  # acknowledged | resolved
    name: str = ""  # of the person, as the pager knows them; empty: no person did it
    mail: str = ""
    user: str = ""  # their id there
