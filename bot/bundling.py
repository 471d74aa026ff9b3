"""Makes the evidence bundles that were asked for: gathers the records, lets the worker copy the decisions, packs."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import structlog
from sqlmodel import SQLModel

from bot import gathering, runner
from bot.operations import evidence, sealing
from bot.runner import WorkFailedError
from bot.services import Services
from storage import audit, baselines, bundles, checkpoints, failpoints, leases
from storage import evidence as packing
from storage import incidents as records
from storage.incidents import IncidentView
from storage.tables import AuditRow, Baseline, Bundle, Run
from templates import documents

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=1)  # renewed while the decisions are copied; gathering and packing take seconds
LAST = 10_000  # decisions (000, Collect Evidence)


@dataclass(frozen=True)
class Gathered:
    """The records of one moment, read in one transaction."""

    view: IncidentView
    rows: list[AuditRow]
    head: tuple[int, str]
    hashes: list[tuple[int, str]]
    baseline: Baseline | None
    run: Run | None
    history: dict[str, list[dict[str, Any]]]


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
        except runner.WorkLostError:
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
        missing = self._decisions(gathered, folder, bundle)
        watched = self.services.policy.model(gathered.view.model.id)
        if watched is not None:
            missing |= gathering.logs(watched, folder, bundle.requested_at)
        tree = self._write(gathered, folder, bundle, missing)
        stated = {"Audit-Tree": tree} if tree else {}
        if checkpoint is not None:
            stated["Audit-Checkpoint"] = checkpoint.note
            (folder / checkpoints.FILE).write_text(checkpoint.note, encoding="utf-8", newline="\n")
        info = {
            "Source-Organization": "EthixAI",
            "External-Identifier": bundle.incident_id,
            "External-Description": f"Evidence of {bundle.incident_id}, version {bundle.version}",
            "Bagging-Date": f"{bundle.requested_at:%Y-%m-%d}",
            "Audit-Head": f"{gathered.head[0]} {gathered.head[1]}",
        }
        (folder.parent / "signing-key.pub.pem").write_bytes(self.services.keys.public_pem())
        return packing.pack(folder, name, packing.Said(info, stated), self.services.keys.signing)

    def _gather(self, bundle: Bundle) -> Gathered:
        with self.services.database.read() as session:
            view = records.view(session, bundle.incident_id)
            assert view is not None
            rows = audit.rows_of(session, bundle.incident_id)
            seen_by = next((alert.run_id for alert in view.alerts if alert.run_id is not None), None)
            run = session.get(Run, seen_by) if seen_by is not None else None
            baseline = baselines.active(session, view.model.id)
            head = audit.head_of(session)
            history = bundles.history(session, view.incident, bundle.requested_at - gathering.LOGS_BACK)
            return Gathered(view, rows, head, bundles.hashes(session, head[0]), baseline, run, history)

    def _decisions(self, gathered: Gathered, folder: Path, bundle: Bundle) -> dict[str, str]:
        """Copy the last decisions into the folder; return what is missing and why."""
        watched = self.services.policy.model(gathered.view.model.id)
        if watched is None:
            return {"decisions.parquet": "the model is no longer in the policy"}
        pseudonym = self.services.keys.pseudonym
        key = f"{pseudonym.id}:{pseudonym.secret.hex()}"
        more: dict[str, Any] = {"personal": watched.personal, "key": key, "limit": LAST}
        work = folder.parent / f".{folder.name}.work"
        work.mkdir(exist_ok=True)
        try:
            job = runner.job_for(self.services, "decisions", watched, str(work), **more)
            runner.work(job, beat=runner.beating(self.services, bundle, LEASE))
            (work / "decisions.parquet").rename(folder / "decisions.parquet")
        except WorkFailedError as error:
            return {"decisions.parquet": str(error)}
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return {}

    def _write(self, gathered: Gathered, folder: Path, bundle: Bundle, missing: dict[str, str]) -> str | None:
        """Write everything else into the folder; return the tree of the audit log that its rows lie in."""
        view, run, baseline = gathered.view, gathered.run, gathered.baseline
        report = run.report if run else {}
        rows, tree = gathering.extract(gathered.rows, gathered.hashes)
        written = {
            "timeline.json": gathering.as_json([_record(entry) for entry in view.timeline]),
            "audit.jsonl": rows,
            "report.md": documents.render("incident_report.md", view, bundle.requested_at).encode(),
            "comparison.json": gathering.as_json(gathering.comparison(report, gathered.history["retrains"])),
            "policy.json": gathering.as_json(self.services.policy.model_dump(mode="json")),
            "signing-key.pub.pem": self.services.keys.public_pem(),
        }
        written |= {f"{name}.json": gathering.as_json(found) for name, found in gathered.history.items() if found}
        if view.reports:
            written["reports.json"] = gathering.as_json([_record(one) for one in view.reports])
        if run is not None:
            written |= {"drift_snapshot.json": gathering.as_json(run.report), "window.profile": run.profile or b""}
        if baseline is not None:
            written["baseline.profile"] = baseline.profile
        from templates import chart  # noqa: PLC0415  (loads matplotlib)

        picture = chart.of(view)
        if picture is not None:
            written["chart.png"] = picture.png
        for name, content in written.items():
            (folder / name).write_bytes(content)
        files = [path for path in folder.rglob("*") if path.is_file()]
        names = {path.relative_to(folder).as_posix(): packing.sha256(path) for path in files}
        case = _case(gathered, bundle, gathering.checklist(names, missing))
        case["tables"] = _tables(folder, names, gathered)
        (folder / "case_bundle.json").write_bytes(gathering.as_json(case))
        return tree


def _tables(folder: Path, names: Mapping[str, str], gathered: Gathered) -> dict[str, Any]:
    """Return of each table how many rows it has and their SHA-256, and how it is asked for again."""
    counts = {f"{name}.json": len(found) for name, found in gathered.history.items() if found}
    counts |= {"timeline.json": len(gathered.view.timeline), "audit.jsonl": len(gathered.rows)}
    decisions = folder / "decisions.parquet"
    if decisions.exists():
        counts["decisions.parquet"] = pq.read_metadata(decisions).num_rows
    how = {"decisions.parquet": f"the newest {LAST} rows of the model's log (models.source) when the bundle was made"}
    return {
        name: {"rows": rows, "sha256": names[name], "how": how.get(name, f"of {gathered.view.incident.id} on record")}
        for name, rows in counts.items()
    }


def _case(gathered: Gathered, bundle: Bundle, checklist: list[dict[str, Any]]) -> dict[str, Any]:
    view = gathered.view
    report = gathered.run.report if gathered.run else {}
    return {
        "incident": _record(view.incident),
        "version": bundle.version,
        "alerts": [_record(alert) for alert in view.alerts],
        "model": _record(view.model) | {"versions_seen": report.get("versions")},
        "oversight": [_record(one) for one in view.restraints],
        "baseline": _about(gathered.baseline),
        "fairness_metrics": [one for one in report.get("results", []) if one.get("family") == "fairness"],
        "evaluations": [_record(request) for request in view.retrains],
        "audit_head": {"seq": gathered.head[0], "hash": gathered.head[1]},
        "checklist": checklist,
        "missing": {one["what"]: one["missing"] for one in checklist if "missing" in one},
    }


def _about(baseline: Baseline | None) -> dict[str, Any] | None:
    return baseline.model_dump(mode="json", exclude={"profile"}) if baseline else None


def _record(record: SQLModel) -> dict[str, Any]:
    return record.model_dump(mode="json")
