"""Gaps that the active baseline has itself: an incident each at its activation, none from the checks that follow.

Such an alert stays until a baseline without the gap is activated; what people decide is in the life of its incident.
"""

from analysis.detection import standing
from analysis.detection.alerts import Alert as Raised
from analysis.profile import Profile
from bot.operations import opening, recovering
from bot.operations.opening import Result
from storage import alerts
from storage.tables import Alert, Baseline


def activated(result: Result, baseline: Baseline) -> list[Alert]:
    """Return the alerts of the gaps that the baseline has; those of the baseline before that it has not are over.

    What was told of the same profile and still stands is not told again.
    """
    raised = standing.gaps(Profile.from_bytes(baseline.profile), result.services.policy.checks)
    names = {opening.fingerprint(baseline.model_id, one) for one in raised}
    for alert in alerts.open_of(result.session, baseline.model_id):
        if alerts.is_standing(alert) and alert.fingerprint not in names:
            recovering.end(result, alert)
    return [alert for alert, _ in opening.record(result, [one for one in raised if not _is_told(result, one)])]


def _is_told(result: Result, raised: Raised) -> bool:
    known = alerts.open_with(result.session, opening.fingerprint(result.run.model_id, raised))
    return known is not None and known.details["cause"]["facts"].get("baseline") == raised.lead.facts["baseline"]
