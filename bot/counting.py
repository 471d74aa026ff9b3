"""Makes the lists of affected decisions that were asked for: a worker process reads the log, the list is kept."""

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from bot import listing, runner, working
from bot.operations import affected
from bot.services import Services
from bot.working import WorkFailedError
from storage import incidents, leases
from storage.tables import AffectedList

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=1)  # renewed while the log is read


@dataclass
class Counting:
    """Works on one list at a time."""

    services: Services

    def step(self) -> bool:
        """Return whether a list was worked on."""
        now = self.services.clock()
        with self.services.database.write() as session:
            row = leases.claim(session, AffectedList, leases.Lease(now, LEASE, "counting"))
        if row is None:
            return False
        try:
            self._make(row)
        except WorkFailedError as error:
            affected.failed(self.services, row, str(error))
        except OSError as error:
            log.error("list failed", incident=row.incident_id, error=str(error))
            affected.failed(self.services, row, f"The list could not be written: {error}.")
        except working.WorkLostError:
            log.warning("list taken over", incident=row.incident_id)
        return True

    def _make(self, row: AffectedList) -> None:
        with self.services.database.read() as session:
            incident = incidents.get(session, row.incident_id)
        watched = self.services.policy.model(incident.model_id) if incident else None
        if watched is None:
            raise WorkFailedError("The model is no longer in the policy.")
        pseudonym = self.services.keys.pseudonym
        key = f"{pseudonym.id}:{pseudonym.secret.hex()}"
        with tempfile.TemporaryDirectory(prefix="ethixbot-list-") as folder:
            job = runner.job_for(self.services, "affected", watched, folder, key=key, scope=row.scope)
            counts = working.work(job, beat=runner.beating(self.services, row, LEASE))
            content = (Path(folder) / listing.FILE).read_bytes()
        target = self.services.data / "affected" / name(row)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        affected.made(self.services, row, counts, str(target), hashlib.sha256(content).hexdigest())


def name(row: AffectedList) -> str:
    """Return the file's name; a further attempt has its own, so that a late one writes over nothing."""
    again = f".{row.attempts}" if row.attempts > 1 else ""
    return f"{row.incident_id}-affected-{row.number}{again}.csv"
