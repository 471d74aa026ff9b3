"""The registry for teams that have none: our own tables."""

from sqlmodel import Session

from bot import checksums
from bot.checksums import Beat, nothing
from bot.integrations.errors import Permanent
from bot.integrations.registry.port import Found
from bot.services import Services
from storage import registry
from storage.tables import ModelVersion


class Builtin:
    """Versions and aliases as rows; an alias is moved by `storage.registry.point`, in the transaction of its reason."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def versions(self, model: str) -> list[Found]:
        """Return every version of the model, oldest first."""
        with self.services.database.read() as session:
            return [_found(one) for one in registry.versions(session, model)]

    def aliases(self, model: str) -> dict[str, str]:
        """Return what each alias stands for."""
        with self.services.database.read() as session:
            return registry.named(session, model)

    def point(self, model: str, alias: str, version: str | None) -> None:
        """Return where the alias may stand for it: the row with who and why is the move; raise Permanent."""
        if version is not None:
            with self.services.database.read() as session:
                _version(session, model, version)

    def checksum(self, place: str, beat: Beat = nothing) -> str | None:
        """Return the checksum of what lies there; None where nothing does. Raise Unreadable."""
        return checksums.of(place, beat)

    def tag(self, model: str, version: str, name: str, value: str | None) -> None:
        """Set a tag of the version, or take it away; raise Permanent for an unknown version."""
        with self.services.transaction() as session:
            row = _version(session, model, version)
            kept = {**row.details.get("tags", {}), name: value}
            row.details = {**row.details, "tags": {key: one for key, one in kept.items() if one is not None}}
            session.add(row)


def _version(session: Session, model: str, version: str) -> ModelVersion:
    row = registry.version(session, model, version)
    if row is None:
        raise Permanent(f"there is no version {version} of {model}")
    return row


def _found(row: ModelVersion) -> Found:
    parts = (row.artefact, row.artefact_sha256, row.training_data, row.training_data_sha256)
    return Found(row.version, *parts, details=row.details)
