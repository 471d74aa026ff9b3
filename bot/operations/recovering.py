"""Alerts that recover: whose cause was looked at with enough data, and is gone."""

from analysis.detection.findings import RULE
from analysis.detection.persistence import Standing
from analysis.detection.report import Report
from analysis.vocabulary import State, Verdict
from bot.operations import flapping
from bot.operations.doing import Doing, Request
from bot.operations.opening import Result
from bot.services import SYSTEM
from storage import alerts, incidents
from storage.tables import Alert, Incident


def recover(result: Result, report: Report, standing: Standing) -> list[Alert]:
    """Return the alerts that recovered: away for long enough, looked at with enough data, and well."""
    session = result.session
    open_ones = alerts.open_of(session, result.run.model_id)
    gone = [a for a in open_ones if tuple(a.details["fingerprint"]) in standing.recovered and is_well(report, a)]
    for alert in gone:
        end(result, alert)
    return gone


def end(result: Result, alert: Alert) -> None:
    """Mark the alert as recovered, and say so in the thread of its incident."""
    session = result.session
    alerts.recover(session, alert, result.now)
    incident = session.get(Incident, alert.incident_id) if alert.incident_id else None
    if incident is not None:
        incidents.advance(session, incident, State(incident.state))
        doing = Doing(result.services, session, incident, Request("recovered", incident.id, SYSTEM), result.now)
        flapping.recovered(doing, alert)


def is_well(report: Report, alert: Alert) -> bool:
    """Return whether the report judged what the alert is about, with enough data, and found nothing wrong.

    The group may be a stretch of hours that another window does not have; then every group has to be well. A rule that
    is no longer in the policy has nothing more to say.
    """
    cause = alert.details["cause"]
    about = [f for f in report.findings if (f.metric, f.column) == (cause["metric"], cause["column"])]
    if cause["metric"] == RULE and not about:
        return True
    named = [f for f in about if f.group == cause["group"]] or about
    return bool(named) and all(finding.verdict in (Verdict.OK, Verdict.NOTICE) for finding in named)
