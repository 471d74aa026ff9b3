"""Bias audits after a fairness incident: planned when it is closed, run by the bot, told to Compliance (C11)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from analysis.detection.report import Report
from analysis.policy import Policy, Watched
from analysis.response import audits as deciding
from analysis.response.audits import Result
from analysis.vocabulary import Family, Role
from bot.operations import evidence
from bot.operations.doing import Doing, Request, tell
from bot.services import SYSTEM, Services
from storage import audit, audits, incidents, timers
from storage.tables import BiasAudit, Run, Timer

PURPOSE = "audit"
KIND = "bias_audit"


def plan(doing: Doing) -> None:
    """Write down the audits that a fairness incident owes from its closing on, and tell Compliance of them."""
    incident = doing.incident
    if incident.is_drill or incident.family != Family.FAIRNESS:
        return
    due = deciding.due(doing.services.policy.bias_audits, doing.now)
    for number, at in enumerate(due, 1):
        if audits.plan(doing.session, BiasAudit(incident_id=incident.id, number=number, due_at=at)):
            key = f"{KIND}:{incident.id}:{number}"
            data = {"incident": incident.id, "number": number}
            timers.plan(doing.session, Timer(key=key, kind=KIND, subject=key, due_at=at, data=data))
    if due:
        _tell(doing, "audits_planned", due=[at.isoformat() for at in due])


def when_due(services: Services, session: Session, timer: Timer, now: datetime) -> None:
    """Queue the check of the whole span; its report is the audit."""
    row = audits.get(session, timer.data["incident"], timer.data["number"])
    incident = incidents.get(session, timer.data["incident"])
    if row is None or incident is None or row.run_id is not None:
        return
    run = Run(
        model_id=incident.model_id,
        purpose=PURPOSE,
        incident_id=incident.id,
        key=timer.key,
        requested_by=SYSTEM,
        requested_at=now,
        next_at=now,
    )
    session.add(run)
    session.flush()
    row.run_id = run.id
    session.add(row)


def over_the_span(policy: Policy, watched: Watched) -> Watched:
    """Return the model as an audit looks at it: all decisions of the span between two audits."""
    source = watched.source.model_copy(update={"window": policy.bias_audits.every})
    return watched.model_copy(update={"source": source})


def ended(services: Services, session: Session, run: Run, report: Report, now: datetime) -> None:
    """Record what the audit found; it raises nothing itself: the checks do, by their own rules."""
    judged = deciding.judge(report)
    window = report.window
    facts = {
        "rows": window.rows,
        "since": window.since.isoformat() if window.since else None,
        "until": window.until.isoformat() if window.until else None,
        "worst": [replace(one, facts={}).to_json() for one in judged.worst],
    }
    _record(services, session, run, now, judged.result, **facts)


def failed(services: Services, session: Session, run: Run, error: str, now: datetime) -> None:
    """Record that nobody could look."""
    _record(services, session, run, now, Result.FAILED, error=error)


def _record(services: Services, session: Session, run: Run, now: datetime, result: Result, **facts: Any) -> None:  # noqa: ANN401
    row = audits.of_run(session, run)
    incident = incidents.get(session, row.incident_id) if row else None
    if row is None or incident is None or not audits.end(session, row, result.value, now):
        return
    of = audits.of(session, incident.id)
    following = next((one.due_at.isoformat() for one in of if one.ended_at is None), None)
    doing = Doing(services, session, incident, Request("bias_audited", incident.id, SYSTEM), now)
    told = {"number": row.number, "of": len(of), "result": result.value, "next": following, "run": run.id}
    _tell(doing, "bias_audited", **told, **facts)
    evidence.follow(session, incident, now)
    data = {"number": row.number, "result": result.value, "run": run.id}
    audit.append(session, audit.Entry(SYSTEM, "bias_audited", incident.id, "done", data), now)


def _tell(doing: Doing, verb: str, **facts: Any) -> None:  # noqa: ANN401
    people = doing.services.holders(doing.session, {Role.COMPLIANCE_OFFICER})
    by_itself = replace(doing, request=Request(verb, doing.incident.id, SYSTEM))
    tell(by_itself, verb, people=people, **facts)
