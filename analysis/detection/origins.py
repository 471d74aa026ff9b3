"""`Origin`: where the change of one metric comes from, as data; `templates/origins.py` makes the sentence."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Source(StrEnum):
    """What a part of a change comes from."""

    MIX = "mix"  # other people: protected attributes
    FEATURE = "feature"  # other values of an input
    MODEL = "model"  # like people, treated or turning out unlike before
    NEW = "new"  # people and values that the baseline never had


class Basis(StrEnum):
    """What was counted."""

    LOGS = "logs"
    PROFILES = "profiles"  # the baseline's log cannot be read any more: the mix of people alone can be told


class Untold(StrEnum):
    """Why a change could not be taken apart."""

    NO_COUNTERPART = "no_counterpart"  # too many rows of the window are like none of the baseline
    NO_LOG = "no_log"


@dataclass(frozen=True)
class Part:
    """A part of the change; `share` of the whole change, None where that is 0."""

    source: Source
    columns: tuple[str, ...]
    value: float
    interval: tuple[float, float]
    share: float | None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        kept = asdict(self) | {"columns": list(self.columns), "interval": list(self.interval)}
        return {"part": kept.pop("source").value, **kept}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Part":
        """Return the part that `to_json` wrote."""
        low, high = kept["interval"]
        return cls(Source(kept["part"]), tuple(kept["columns"]), kept["value"], (low, high), kept["share"])


@dataclass(frozen=True)
class Origin:
    """The change of a metric between baseline and window, and its parts, which add up to it; the largest first."""

    metric: str
    column: str | None
    before: float
    now: float
    interval: tuple[float, float] | None = None  # of the change
    parts: tuple[Part, ...] = ()
    basis: Basis = Basis.LOGS
    new_share: float = 0.0  # of the window's rows that have no counterpart
    untold: tuple[str, ...] = ()  # columns that moved and could not be told apart
    reason: Untold | None = None

    @property
    def change(self) -> float:
        """Return now less before."""
        return self.now - self.before

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "metric": self.metric,
            "column": self.column,
            "before": self.before,
            "now": self.now,
            "change": self.change,
            "interval": list(self.interval) if self.interval else None,
            "parts": [part.to_json() for part in self.parts],
            "basis": self.basis.value,
            "new_share": self.new_share,
            "untold": list(self.untold),
            "reason": self.reason.value if self.reason else None,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Origin":
        """Return the origin that `to_json` wrote."""
        return cls(
            kept["metric"],
            kept["column"],
            kept["before"],
            kept["now"],
            (kept["interval"][0], kept["interval"][1]) if kept["interval"] else None,
            tuple(Part.from_json(part) for part in kept["parts"]),
            Basis(kept["basis"]),
            kept["new_share"],
            tuple(kept["untold"]),
            Untold(kept["reason"]) if kept["reason"] else None,
        )
