"""Asks a model's registry what it has and counts checksums: the part of a scheduled look that is outside us."""

from dataclasses import replace

from analysis.policy import Watched
from bot.checksums import Beat
from bot.integrations.registry import registries
from bot.operations import registering
from bot.operations.registering import Seen
from bot.services import Services
from storage import registry
from storage.tables import Run


def look(services: Services, run: Run, watched: Watched, beat: Beat) -> bool:
    """Return whether the look was still ours when it was recorded; raise SendError where nobody answers."""
    there = registries.of(services, watched)
    seen = Seen(services.clock(), there.versions(watched.id), there.aliases(watched.id))
    with services.database.read() as session:
        known = registering.to_look_at(session, watched.id)
        names = {one.version for one in registry.versions(session, watched.id)}
    new = [registering.row_of(watched.id, one, seen.at) for one in seen.versions if one.version not in names]
    looks = [registering.look_at(one, there, beat) for one in (*known, *new[-registering.MOST :])]
    return registering.looked(services, run, replace(seen, looks=looks))
