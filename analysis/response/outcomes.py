"""What became of a press, a command or a timer; `templates/answers.py` makes the sentence."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from analysis.errors import Refused


class Kind(StrEnum):
    """How it ended."""

    DONE = "done"
    ASK = "ask"  # allowed; its modal has to be filled first
    REQUESTED = "requested"  # somebody else has to approve it first; told to those who may
    ALREADY = "already"  # somebody was first; nothing changed
    STALE = "stale"  # the incident has moved on since the message was drawn; nothing changed
    REFUSED = "refused"  # `error` says why; nothing changed
    REPEATED = "repeated"  # this very delivery came before; nothing changed


@dataclass(frozen=True)
class Outcome:
    """The answer to one request. `facts`: incident, state, by (who was first), at, and what the verb adds."""

    kind: Kind
    verb: str
    facts: dict[str, Any] = field(default_factory=dict)
    error: Refused | None = None

    @property
    def changed(self) -> bool:
        """Return whether anything was done."""
        return self.kind is Kind.DONE
