"""What the models' channel reads of its baselines on the first of the month."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from analysis.response.reviewing import Advice
from storage.incidents import IncidentView
from storage.tables import Run
from templates import figures
from templates.slack.mrkdwn import code, said

Data = Mapping[str, Any]
MOST_MODELS = 20

ADVICE = {
    Advice.MAKE: "*Make one*: there is nothing to compare with.",
    Advice.KEEP: "*Keep it.*",
    Advice.REFRESH: "*Refresh it*: it is older than 90 days, and the model is stable.",
    Advice.SETTLE: "*Keep it for now*: it is older than 90 days, but a refresh would take the gap over.",
    Advice.UNSTABLE: "*Keep it for now*: it is older than 90 days, but the model is not stable. Find out why first.",
    Advice.UNKNOWN: "*Keep it for now*: it is older than 90 days, but too few checks say whether the model is stable.",
}


def lines(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    """Return the review: for each model its baseline, the checks of 30 days, its standing gaps, and the advice."""
    models = data.get("models", [])
    more = len(models) - MOST_MODELS
    month = f"{datetime.fromisoformat(str(data['day'])):%B %Y}"
    title = f"🗓️ *Baseline review, {month}*"
    rest = [f"… and {figures.counted(more, 'model')} more: {code('/ethix status')}"] if more > 0 else []
    return [title, *(_model(one) for one in models[:MOST_MODELS]), *rest]


def _model(one: Data) -> str:
    advice = Advice(one["advice"])
    how = f" {code('ethixbot baseline reset ' + one['model'] + ' --by …')}" if advice is Advice.REFRESH else ""
    return f"• {code(one['model'])}: {_baseline(one)}. {_checks(one)}{_gaps(one)} {ADVICE[advice]}{how}"


def _baseline(one: Data) -> str:
    if one.get("version") is None:
        return "no active baseline"
    return f"baseline {code(one['version'])}, {figures.counted(one['age_days'], 'day')} old"


def _checks(one: Data) -> str:
    if not one["checks"]:
        return "No check was finished in the last 30 days."
    unjudged = one["checks"] - one["judged"]
    few = f" ({figures.count(unjudged)} more had too little to judge)" if unjudged else ""
    of = f"{figures.count(one['within'])} of {figures.counted(one['judged'], 'check')}"
    return f"Within limits in the last 30 days: {of}{few}."


def _gaps(one: Data) -> str:
    if not one["gaps"]:
        return " No standing gap."
    named = ", ".join(f"{said(gap['column'])} ({said(gap['incident'])})" for gap in one["gaps"])
    return f" *Standing gap* by {named}."
