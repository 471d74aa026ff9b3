"""Does the night's keeping: rows, files of logs, old stretches of the audit log, keys that served their time.

Every part may be begun anew at any line: what is gone is not found again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from analysis.errors import BadLog
from analysis.policy import Watched
from bot import archiving
from bot.operations import keeping
from bot.services import Services
from storage import affected, incidents, leases, predictions
from storage.tables import Upkeep

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)  # renewed after each part
FILES = 100  # named in one audit line


@dataclass
class Retention:
    """Works on one night at a time."""

    services: Services

    def step(self) -> bool:
        """Return whether a night was worked on."""
        lease = leases.Lease(self.services.clock(), LEASE, "running")
        with self.services.database.read() as session:  # a bot at rest takes no write lock
            if not leases.is_any_waiting(session, Upkeep, lease):
                return False
        with self.services.database.write() as session:
            night = leases.claim(session, Upkeep, lease)
        if night is None:
            return False
        counts = {}
        for name, part in PARTS.items():
            counts[name] = part(self.services)
            with self.services.database.write() as session:
                if not leases.renew(session, night, self.services.clock() + LEASE):
                    return True
        keeping.finish(self.services, night, counts)
        return True


def rows(name: str) -> Callable[[Services], int]:
    """Return the part that removes all rows of a kind that may go."""

    def part(services: Services) -> int:
        count = 0
        while removed := keeping.remove(services, name):
            count += removed
        return count

    return part


def logs(services: Services) -> int:
    """Return how many files of prediction logs were removed; none of a model with an open incident."""
    before = services.clock() - services.policy.retention.prediction_logs
    return sum(_files_of(services, model, before) for model in services.policy.models if model.source.deletable)


def _files_of(services: Services, model: Watched, before: datetime) -> int:
    with services.database.read() as session:
        if incidents.open_ones(session, model.id):  # its evidence may still ask for them
            return 0
    gone = 0
    old = _old_files(model, before)
    for start in range(0, len(old), FILES):
        batch = old[start : start + FILES]
        with services.transaction() as session:  # said before it is done: nothing goes unsaid
            keeping.note(services, session, model.id, files=[path.name for path in batch], before=before.isoformat())
        for path in batch:
            try:
                path.unlink(missing_ok=True)
                gone += 1
            except OSError as error:
                log.error("not removed", file=str(path), error=str(error))
    return gone


def _old_files(model: Watched, before: datetime) -> list[Path]:
    """Return the files that were last changed before then; never the newest one."""
    try:
        found = [place for place in predictions.find(model.source.predictions) if isinstance(place, Path)]
    except BadLog:
        return []
    # The reference period and the labels may lie in the same folder.
    others = {Path(told).absolute() for told in (model.baseline, model.source.labels) if told}
    mine = [path for path in found if not others & {path.absolute(), *path.absolute().parents}]
    changed = sorted((path.stat().st_mtime, path) for path in mine)
    return [path for at, path in changed[:-1] if datetime.fromtimestamp(at, UTC) < before]


def lists(services: Services) -> int:
    """Return how many lists of people affected were removed; their counts and digests stay with the incident."""
    before = services.clock() - services.policy.retention.affected
    with services.database.read() as session:
        old = affected.listed_before(session, before)
    for row in old:
        folder, name = Path(str(row.path)).parent, f"{row.incident_id}-affected-{row.number}"
        # A further attempt has a file of its own.
        files = sorted([*folder.glob(f"{name}.csv"), *folder.glob(f"{name}.*.csv")])
        with services.transaction() as session:  # said before it is done
            told = {"files": [one.name for one in files], "sha256": row.sha256, "before": before.isoformat()}
            keeping.note(services, session, row.incident_id, **told)
        for one in files:
            one.unlink(missing_ok=True)
        with services.transaction() as session:
            affected.forget(session, row)
    return len(old)


def pseudonyms(services: Services) -> int:
    """Return how many keys of personal hashes were dropped; a new one is begun each year."""
    today, keys = services.clock().date(), services.keys
    if keys.wants_period(today):
        with services.transaction() as session:
            keeping.note(services, session, "pseudonym_key", begun=today.isoformat())
        keys.begin_period(today)
    age = services.policy.retention.pseudonym_keys
    ended = keys.ended_before(today - age) if age is not None else []
    for id in ended:
        with services.transaction() as session:  # said before it is done
            keeping.note(services, session, "pseudonym_key", dropped=id)
        keys.drop(id)
    return len(ended)


PARTS: dict[str, Callable[[Services], int]] = {
    **{name: rows(name) for name in keeping.OLD},
    "logs": logs,
    "affected": lists,
    "audit": archiving.archive,
    "pseudonym_keys": pseudonyms,
}
