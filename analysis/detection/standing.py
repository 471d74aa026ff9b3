"""Gaps that a baseline itself has: told once, when it is activated (DEFINITIONS, fairness drift).

A gap stands where even the bound nearest to equality is past the absolute limit. Windows that have it too are as old as
their baseline in this and stay a notice (`severity.verdict`).
"""

from dataclasses import replace

from analysis.detection.alerts import Alert
from analysis.detection.checks import fairness
from analysis.detection.findings import Draft, Finding, Reason
from analysis.detection.limits import Limits
from analysis.detection.pair import Pair
from analysis.profile import Profile
from analysis.vocabulary import Family, Severity, Verdict


def gaps(baseline: Profile, limits: Limits) -> list[Alert]:
    """Return an alert for each protected attribute by which the baseline has a gap, its worst finding first."""
    found: dict[str, list[Finding]] = {}
    for draft in fairness.check(Pair(baseline, baseline, limits)):
        if draft.absolute is not None:
            found.setdefault(str(draft.finding.column), []).append(_finding(draft, draft.absolute, baseline, limits))
    return [_alert(baseline, attribute, same) for attribute, same in found.items()]


def _finding(draft: Draft, bound: Severity, baseline: Profile, limits: Limits) -> Finding:
    finding, severity = draft.finding, min(bound, limits.cap(Family.FAIRNESS), key=lambda one: one.rank)
    limit = limits.limit(finding.metric).border(bound)
    facts = {**finding.facts, "baseline": baseline.checksum}
    judged = replace(finding, verdict=Verdict.ALARM, severity=severity, reason=Reason.STANDING, limit=limit)
    return replace(judged, facts=facts, p=None)  # it was tested against itself


def _alert(baseline: Profile, attribute: str, found: list[Finding]) -> Alert:
    lead = max(found, key=lambda finding: finding.rank)
    rest = tuple(finding for finding in found if finding is not lead)
    assert lead.severity is not None
    name = (Reason.STANDING.value, attribute)
    return Alert(Family.FAIRNESS, lead.severity, lead, rest, name, since=baseline.since)
