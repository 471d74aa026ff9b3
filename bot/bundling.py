"""Makes the evidence bundles that were asked for: gathers the records, lets the worker copy the decisions, packs."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from analysis.policy import Watched
from bot import contents, gathering, runner, working
from bot.contents import Gathered
from bot.operations import evidence, sealing
from bot.services import Services
from bot.working import WorkFailedError
from storage import audit, baselines, bundles, checkpoints, failpoints, inclusion, leases
from storage import evidence as packing
from storage import incidents as records
from storage.tables import Bundle, Run
from templates import documents

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=1)  # renewed while the decisions are copied; gathering and packing take seconds


@dataclass
class Bundling:
    """Works on one bundle at a time."""

    services: Services

    def step(self) -> bool:
        """Return whether a bundle was worked on."""
        now = self.services.clock()
        with self.services.database.write() as session:
            bundle = leases.claim(session, Bundle, leases.Lease(now, LEASE, "making"))
        if bundle is None:
            return False
        try:
            packed = self._make(bundle)
        except OSError as error:
            log.error("bundle failed", incident=bundle.incident_id, error=str(error))
            evidence.failed(self.services, bundle, f"The files could not be written: {error}.")
            return True
        except working.WorkLostError:
            return True
        failpoints.reach("evidence.before_record")
        evidence.made(self.services, bundle, str(packed.path), packed.sha256, packed.size)
        return True

    def _make(self, bundle: Bundle) -> packing.Packed:
        # A file for each attempt: one that wakes up late must not write over what another has recorded.
        again = f".{bundle.attempts}" if bundle.attempts > 1 else ""
        name = f"{bundle.incident_id}-evidence-v{bundle.version}{again}"
        folder = self.services.data / "evidence" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        checkpoint = sealing.seal(self.services)
        gathered = self._gather(bundle)
        trees = self._fill(gathered, folder, bundle)
        stated = {"Audit-Tree": trees} if trees else {}
        if checkpoint is not None:
            stated["Audit-Checkpoint"] = checkpoint.note
            (folder / checkpoints.FILE).write_text(checkpoint.note, encoding="utf-8", newline="\n")
        info = {
            "Source-Organization": "EthixAI",
            "External-Identifier": bundle.incident_id,
            "External-Description": f"Evidence of {bundle.incident_id}, version {bundle.version}",
            "Bagging-Date": f"{gathered.at:%Y-%m-%d}",
            "Audit-Head": f"{gathered.head[0]} {gathered.head[1]}",
        }
        (folder.parent / "signing-key.pub.pem").write_bytes(self.services.keys.public_pem())
        return packing.pack(folder, name, packing.Said(info, stated), self.services.keys.signing)

    def _gather(self, bundle: Bundle) -> Gathered:
        with self.services.database.read() as session:
            view = records.view(session, bundle.incident_id)
            assert view is not None
            now = self.services.clock()
            asked = view.incident, now - gathering.LOGS_BACK
            history = bundles.history(session, *asked)
            about, head = gathering.about(view, history), audit.head_of(session)
            seen_by = {alert.run_id for alert in view.alerts if alert.run_id is not None}
            return Gathered(
                view,
                about,
                inclusion.in_table(session, about, head[0]),
                inclusion.moved(session, view.incident.opened_at),
                head,
                baselines.active(session, view.model.id),
                {id: run for id in seen_by if (run := session.get(Run, id)) is not None},
                history,
                bundles.queries(*asked, about),
                now,
            )

    def _fill(self, gathered: Gathered, folder: Path, bundle: Bundle) -> str:
        """Write all that the bundle holds; return the trees of the audit log that its rows lie in.

        The worker needs most of the time to start, so everything else is written meanwhile.
        """
        watched = self.services.policy.model(gathered.view.model.id)
        with ThreadPoolExecutor(1, "decisions") as beside:
            copied = beside.submit(self._decisions, watched, folder, bundle)
            missing = gathering.logs(watched, folder, gathered.at) if watched is not None else {}
            gathering.pipelines(gathered.view.retrains, folder)
            self._write(gathered, folder)
            trees, lacking = self._audit(gathered, folder)
        missing |= copied.result() | ({"audit.jsonl": lacking} if lacking else {})
        contents.conclude(gathered, folder, bundle, missing)
        return trees

    def _audit(self, gathered: Gathered, folder: Path) -> tuple[str, str]:
        """Write the rows of the audit log; return the trees that they lie in, and what is missing and why."""
        mine = sealing.given(self.services)
        old, lacking = inclusion.in_files(gathered.moved, gathered.about, mine.folder, mine.public)
        lines, trees = inclusion.extract([*old, gathered.rows])
        (folder / "audit.jsonl").write_bytes(lines)
        return trees, lacking

    def _decisions(self, watched: Watched | None, folder: Path, bundle: Bundle) -> dict[str, str]:
        """Copy the last decisions into the folder; return what is missing and why."""
        if watched is None:
            return {"decisions.parquet": "the model is no longer in the policy"}
        pseudonym = self.services.keys.pseudonym
        key = f"{pseudonym.id}:{pseudonym.secret.hex()}"
        more: dict[str, Any] = {"personal": watched.personal, "key": key, "limit": contents.LAST}
        work = folder.parent / f".{folder.name}.work"
        work.mkdir(exist_ok=True)
        try:
            job = runner.job_for(self.services, "decisions", watched, str(work), **more)
            working.work(job, beat=runner.beating(self.services, bundle, LEASE))
            (work / "decisions.parquet").rename(folder / "decisions.parquet")
        except WorkFailedError as error:
            return {"decisions.parquet": str(error)}
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return {}

    def _write(self, gathered: Gathered, folder: Path) -> None:
        """Write the records and what is drawn of them into the folder."""
        view, run, baseline = gathered.view, gathered.run, gathered.baseline
        report = run.report if run else {}
        written = {
            "report.md": documents.render("incident_report.md", view, gathered.at).encode(),
            "comparison.json": gathering.as_json(gathering.comparison(report, gathered.history["retrains"])),
            "policy.json": gathering.masked(self.services.policy.model_dump(mode="json")),
            "signing-key.pub.pem": self.services.keys.public_pem(),
        }
        written |= {f"{name}.json": _told(name, found) for name, found in gathered.history.items() if found}
        if view.reports:
            written["reports.json"] = gathering.as_json([one.model_dump(mode="json") for one in view.reports])
        if run is not None:
            written |= {"drift_snapshot.json": gathering.as_json(run.report), "window.profile": run.profile or b""}
        if baseline is not None:
            written["baseline.profile"] = baseline.profile
        for name, content in (written | _charts(gathered)).items():
            (folder / name).write_bytes(content)


def _charts(gathered: Gathered) -> dict[str, bytes]:
    """Return the picture of each alert that has one, by the name of its file."""
    from templates import chart  # noqa: PLC0415  (loads matplotlib)

    found: dict[str, bytes] = {}
    for number, alert in enumerate(gathered.view.alerts):
        run = gathered.runs.get(alert.run_id or 0)
        picture = chart.of(replace(gathered.view, alerts=(alert,), report=run.report)) if run else None
        if picture is not None:
            found[f"chart-{alert.id}.png" if number else "chart.png"] = picture.png
    return found


def _told(name: str, found: list[dict[str, Any]]) -> bytes:
    return gathering.as_json(found) if name == "checks" else gathering.masked(found)  # large, and holds no address
