"""What every kind of pipeline has to do for us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from analysis.response.serving import Retrain
from bot.settings import Settings
from storage.tables import RetrainRequest


class State(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    PASSED = "passed"  # it ended well
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Seen:
    """What a look at a run found."""

    state: State = State.RUNNING
    why: str = ""  # it failed
    exit_code: int | None = None
    progress: Mapping[str, Any] = field(default_factory=dict)  # stage, share, line
    result: Mapping[str, Any] = field(default_factory=dict)  # version, artefact, training_data, metrics
    remote: Mapping[str, Any] = field(default_factory=dict)  # what else to remember of the run


@dataclass(frozen=True)
class Running:
    """One request, its pipeline, the folder for what it leaves, and what it is told."""

    request: RetrainRequest
    how: Retrain
    folder: Path
    told: Mapping[str, str]
    settings: Settings
    now: datetime


class Pipeline(Protocol):
    """One kind. Every method raises SendError as `bot.integrations.errors` says, and may be called again."""

    every: timedelta  # how often a run is looked at
    asks_first: bool  # whether it is written down that a run is asked for before it is: a second one would cost

    def start(self, run: Running) -> Mapping[str, Any]:
        """Return what the run is known by."""

    def look(self, run: Running) -> Seen:
        """Return how it goes."""

    def cancel(self, run: Running) -> bool:
        """Return whether the run is over, or surely will be."""
