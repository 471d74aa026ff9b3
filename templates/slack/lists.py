"""Incidents, models and alerts as lines of a list: the same in App Home, digests and answers."""

from collections.abc import Sequence
from datetime import datetime

from analysis.response.permissions import View
from analysis.vocabulary import Family, Risk, Severity, State
from storage.incidents import IncidentView
from storage.overview import ModelView
from storage.tables import Alert, Incident, Run
from templates import figures, finding, names, plain
from templates.slack import clocks, incident, status
from templates.slack.mrkdwn import code, date, link, said

RISK = {Risk.HIGH: "high risk", Risk.MEDIUM: "medium risk", Risk.LOW: "low risk"}


def order(views: Sequence[IncidentView], now: datetime) -> list[IncidentView]:
    """Return incidents as they need a person: nobody's first, then the worst, then the oldest."""
    return sorted(views, key=lambda view: (view.incident.state != State.DETECTED, -rank(view), view.incident.opened_at))


def rank(view: IncidentView) -> int:
    """Return how bad the incident is."""
    return Severity(view.incident.severity).rank


def incident_line(view: IncidentView, now: datetime) -> str:
    """Return two lines: what, and who has it by when."""
    shown = view.incident
    drill = "🧪 " if shown.is_drill else ""
    first = f"{drill}{names.SIGN[Severity(shown.severity)]} *{link(view.permalink, shown.id)}*"
    what = f"{said(view.model.name)}: {said(incident.told(view)[0], 160)}"
    return f"{first} {what}\n{clock(view, now)}{recovered(view)}{_issue(view)}"


def _issue(view: IncidentView) -> str:
    shown = status.issue(view)
    return f" · {shown}" if shown else ""


def recovered(view: IncidentView) -> str:
    """Return a word where nothing that opened the incident stands any more; empty where something does."""
    gone = view.alerts and all(alert.state == "recovered" for alert in view.alerts)
    return " · 💚 back within its limits" if gone else ""


def clock(view: IncidentView, now: datetime) -> str:
    """Return who has the incident, or how long there is left to acknowledge it."""
    shown = view.incident
    age = f"open for {figures.span(now - shown.opened_at)}"
    if shown.state != State.DETECTED:
        by = f" {status.person(shown.acknowledged_by, view)} has it," if shown.acknowledged_by else ""
        next_due = clocks.shortest(view, now)
        return f"{names.STATE[State(shown.state)].capitalize()},{by} {age}" + (f" · {next_due}" if next_due else "")
    waits = clocks.awaited(view)
    if waits is None:
        return f"Nobody has it yet, {age}"
    if clocks.is_late(waits, now):
        return f"⏰ *Overdue by {figures.span(now - waits.due_at)}*: nobody has it"
    return f"⏳ *{figures.span(waits.due_at - now)} left* to acknowledge, by {date(waits.due_at)}"


def model_line(view: ModelView, now: datetime) -> str:
    """Return a model's name, restraint and last check."""
    change = view.oversight
    held = f"❄️ *{status.restraint(change)}*" if change and change.level else "🟢 decides by itself"
    many = figures.counted(view.open_incidents, "open incident") if view.open_incidents else "no open incident"
    risk = (
        RISK.get(Risk(view.model.risk), said(view.model.risk))
        if view.model.risk in set(Risk)
        else said(view.model.risk)
    )
    incidents = f" · {many}" if View.INCIDENT_TIMELINE in view.sees else ""
    last = last_check(view.last_run) if View.MODEL_HEALTH in view.sees else _drift(view)
    return f"*{said(view.model.name)}* {code(view.model.id)} · {risk}\n{held}{incidents}\n{last}"


def _drift(view: ModelView) -> str:
    """Return how many of the alerts that may be seen still stand, for who does not see the model's health."""
    if not view.open_alerts:
        return "No drift that stands"
    worst = max((Severity(alert.severity) for alert in view.open_alerts), key=lambda severity: severity.rank)
    return f"{figures.counted(len(view.open_alerts), 'alert')} still standing, at worst {names.SEVERITY[worst].lower()}"


def last_check(run: Run | None) -> str:
    """Return when a model was last looked at and what came of it."""
    if run is None:
        return "Never checked yet"
    if run.status == "failed":
        return f"⚠️ Last check failed{_at(run)}: {said(run.error or 'no reason given', 200)}"
    report = finding.report(run.report)
    if report is None:
        return f"Last check{_at(run)}"
    if not report.is_enough:
        return f"◽ Last check{_at(run)}: too little to judge ({figures.counted(report.window.rows, 'decision')})"
    found = figures.counted(len(report.alerts), "alert") if report.alerts else "nothing to report"
    return f"Last check{_at(run)}: {figures.counted(report.window.rows, 'decision')}, {found}"


def _at(run: Run) -> str:
    return f" {date(run.finished_at)}" if run.finished_at else ""


def alert_line(alert: Alert, *, with_incident: bool = True) -> str:
    """Return an alert with what it found, how often, and whether it stands."""
    sign = "💚" if alert.state == "recovered" else names.SIGN[Severity(alert.severity)]
    how, once = ("reported", "time") if alert.run_id is None else ("seen in", "run")
    seen = f"{how} {figures.counted(alert.repeats, once)}" if alert.repeats > 1 else f"{how.split()[0]} once"
    ended = f", recovered {date(alert.recovered_at)}" if alert.recovered_at else ", still so" * (alert.state == "open")
    held = f" · held back by {code(alert.quiet_id)}" if alert.quiet_id else " · no incident at this severity"
    where = f" · {code(alert.incident_id)}" if alert.incident_id else held
    when = f"{seen}, last {date(alert.last_at)}{ended}{where if with_incident else ''}"
    return f"{sign} {code(alert.id)} {said(plain.told(alert)[0], 200)}\n{code(alert.model_id)} · {when}"


def ended_line(shown: Incident) -> str:
    """Return an incident that ended."""
    took = f" after {figures.span(shown.resolved_at - shown.opened_at)}" if shown.resolved_at else ""
    worst = names.SEVERITY[Severity(shown.severity)].lower()
    return f"✅ {code(shown.id)} {names.FAMILY[Family(shown.family)]} ({worst}) of {code(shown.model_id)}{took}"
