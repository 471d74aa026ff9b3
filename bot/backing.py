"""What `ethixbot backup` and `ethixbot restore` do."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from analysis.errors import BadInput, Refused
from bot import app, keys, leftovers, offline
from bot import settings as environment
from bot.leftovers import Posted
from bot.operations import restoring, sealing
from bot.operations.restoring import Restore
from bot.services import Clock, Services, utc_now
from bot.settings import Settings
from storage import backups, checkpoints, policies, proof
from storage.backups import Manifest
from storage.checkpoints import Anchor
from storage.database import Database
from storage.proof import Given
from templates import answers

LAST = "last-backup.json"  # in the data folder: a reader of a SQLite file beside its bot may not write into it


def backup(file: Path, clock: Clock = utc_now) -> Manifest:
    """Return the manifest of a backup, and note in the data folder when it was taken; raise BadInput."""
    settings = environment.load()
    with offline.reading("backup") as database:
        made = backups.take(database, file, keys.load(settings.data / "keys").signing, clock(), settings.pg_bin)
    (settings.data / LAST).write_text(json.dumps({"at": made.at, "file": str(file.absolute()), "seq": made.seq}))
    return made


def last(settings: Settings) -> tuple[datetime, str] | None:
    """Return when the last backup was taken and where it was put; None where none is known."""
    try:
        told = json.loads((settings.data / LAST).read_text())
        return datetime.fromisoformat(told["at"]), str(told["file"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True)
class Wanted:
    """Which backup goes where it was, who says so, and checkpoints that may reach further than it."""

    file: Path
    by: str
    anchors: Path | None = None
    key: Path | None = None
    replaces: bool = False


@dataclass(frozen=True)
class Restored:
    """How it went: the backup, what was there before, messages to look for, and rows that an anchor says are lost.

    `unknown` are messages in Slack that the backup does not know; `unseen` says why they could not be looked for.
    """

    manifest: Manifest
    kept: str | None
    looked_for: int
    lost: tuple[int, int, str] | None
    unknown: tuple[Posted, ...] = ()
    unseen: str | None = None


def restore(wanted: Wanted, clock: Clock = utc_now) -> Restored:
    """Return how the restore went; raise BadInput, with everything as it was, where it cannot be done."""
    settings = environment.load()
    policy, _ = policies.read(settings.policy or app.DEFAULT_POLICY)
    try:
        restoring.permit(policy.roles, wanted.by)
    except Refused as error:
        raise BadInput("restore", answers.refusal(error)) from None
    public = keys.public(settings.data / "keys", wanted.key)
    manifest = backups.read(wanted.file, public)
    anchors = checkpoints.read(wanted.anchors, public) if wanted.anchors else []
    with app.only_process(settings):
        target = Database(settings.database_url)
        try:
            was_empty = _refuse(target, manifest, wanted)
            with backups.put_back(target, wanted.file, settings.pg_bin, clock()) as kept:
                target.dispose()
                known = [one for one in anchors if one.seq <= manifest.seq]
                given = Given(public, settings.data / sealing.SEGMENTS, known)
                looked_for, unknown, unseen = _begin(settings, wanted, manifest, given, clock)
        finally:
            target.dispose()
    return Restored(manifest, None if was_empty else kept, looked_for, _lost(anchors, manifest), tuple(unknown), unseen)


Begun = tuple[int, list[Posted], str | None]


def _refuse(target: Database, manifest: Manifest, wanted: Wanted) -> bool:
    """Return whether nothing is there yet; raise BadInput where the restore must not go on."""
    if (manifest.kind == "sqlite") != target.is_sqlite:
        raise BadInput(str(wanted.file), f"is a backup of {manifest.kind}.", "Set DATABASE_URL to such a database.")
    if backups.others(target):
        raise BadInput("DATABASE_URL", "a bot runs on this database.", "Stop every replica first.")
    is_empty = backups.is_empty(target)
    if not is_empty and not wanted.replaces:
        raise BadInput("DATABASE_URL", "there is a database.", "With --replace it is put aside, and kept.")
    return is_empty


def _begin(settings: Settings, wanted: Wanted, manifest: Manifest, given: Given, clock: Clock) -> Begun:
    """Migrate, verify the audit log as it came, and do what comes first."""
    services = app.open_services(settings, clock)
    try:
        with services.database.read() as session:
            faults = proof.verify(session, given).faults
        if faults:
            raise BadInput(str(wanted.file), f"its audit log does not hold: {faults[0]}.", "Nothing was replaced.")
        facts = {"door": "command line", "login": offline.login(), "seq": manifest.seq, "sha256": manifest.sha256}
        since = datetime.fromisoformat(manifest.at)
        looked_for = restoring.restored(services, Restore(wanted.by, since, facts))
        return looked_for, *_compared(settings, services, wanted.by, since)
    finally:
        services.database.dispose()


def _compared(settings: Settings, services: Services, by: str, since: datetime) -> tuple[list[Posted], str | None]:
    """Return what stands in Slack unknown to the backup, or why that could not be seen: the restore holds anyway."""
    try:
        posted = leftovers.posted(settings, services.policy, since, restoring.threads(services))
    except BadInput as error:
        return [], str(error)
    return restoring.compare(services, by, posted), None


def _lost(anchors: list[Anchor], manifest: Manifest) -> tuple[int, int, str] | None:
    newest = max((one for one in anchors if one.fault is None), key=lambda one: one.seq, default=None)
    if newest is None or newest.seq <= manifest.seq:
        return None
    return manifest.seq + 1, newest.seq, newest.at
