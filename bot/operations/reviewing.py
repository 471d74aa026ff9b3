"""The monthly baseline review: each model's baseline, how its checks went, and what is advised (A6; 003 §1.2)."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.detection.report import Report
from analysis.response import reviewing
from analysis.response.reviewing import Record
from analysis.vocabulary import Severity
from bot.operations import notices
from bot.services import SYSTEM, Services
from storage import alerts, audit, baselines, runs
from storage.tables import Timer


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Tell the models' channel of every model of the policy; where it has no channel, the audit log alone holds it."""
    told = [_review(session, model.id, now) for model in services.policy.models]
    channel = services.policy.routes[Severity.MEDIUM].channel
    if channel is not None and told:
        notices.owe(
            session, f"{timer.key}:told", channel, now, about="baseline_review", day=now.isoformat(), models=told
        )
    advice = {one["model"]: one["advice"] for one in told}
    audit.append(session, audit.Entry(SYSTEM, "baselines_reviewed", timer.key, "done", {"advice": advice}), now)


def _review(session: Session, model: str, now: datetime) -> dict[str, Any]:
    """Return the facts of one model, and the advice."""
    baseline = baselines.active(session, model)
    reports = [Report.from_json(kept) for kept in runs.reports_since(session, model, now - reviewing.PERIOD)]
    judged = [report for report in reports if report.is_enough]
    within = [report for report in judged if not report.alerts]
    gaps = [alert for alert in alerts.open_of(session, model) if alerts.is_standing(alert)]
    age = now - baseline.created_at if baseline else None
    record = Record(age, len(judged), len(within), bool(gaps))
    return {
        "model": model,
        "version": baseline.version if baseline else None,
        "age_days": age.days if age is not None else None,
        "checks": len(reports),
        "judged": record.judged,
        "within": record.within,
        "gaps": [{"incident": gap.incident_id, "column": gap.details["cause"].get("column")} for gap in gaps],
        "advice": reviewing.advise(record).value,
    }
