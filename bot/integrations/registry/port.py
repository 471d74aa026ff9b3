"""What every registry has to do for us. Each call may be made again: it does no more the second time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.checksums import Beat, nothing


@dataclass(frozen=True)
class Found:
    """A version as the registry has it."""

    version: str
    artefact: str | None = None  # a path that this machine can read, else where the registry has it
    artefact_sha256: str | None = None
    training_data: str | None = None
    training_data_sha256: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)  # commit, run, pipeline, metrics


class Registry(Protocol):
    """One kind of registry. Every method raises SendError as `bot.integrations.errors` says."""

    def versions(self, model: str) -> list[Found]:
        """Return every version of the model, oldest first."""

    def aliases(self, model: str) -> dict[str, str]:
        """Return what each alias (champion, fallback, last_known_good) stands for."""

    def point(self, model: str, alias: str, version: str | None) -> None:
        """Let the alias stand for the version, or for nothing."""

    def checksum(self, place: str, beat: Beat = nothing) -> str | None:
        """Return the checksum of a part of a version; None where nothing lies there; raise Unreadable too."""

    def tag(self, model: str, version: str, name: str, value: str | None) -> None:
        """Set a tag of the version (frozen, blocked, validated), or take it away."""
