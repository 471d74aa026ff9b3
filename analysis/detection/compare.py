"""`compare`: a baseline and a window in, a report out; the one way to a verdict."""

from dataclasses import replace

from analysis.detection.cause import alerts
from analysis.detection.checks import CHECKS
from analysis.detection.findings import Finding
from analysis.detection.limits import Limits
from analysis.detection.pair import Pair
from analysis.detection.report import Report, Side
from analysis.detection.severity import composed, judge
from analysis.errors import ForeignProfile
from analysis.metrics.composite import composite
from analysis.profile import Profile
from analysis.vocabulary import Family, Verdict


def compare(baseline: Profile, window: Profile, limits: Limits | None = None, version: str | None = None) -> Report:
    """Return the report on a window; raise ForeignProfile where the two were counted by different specs.

    `version` is the baseline's name. The same profiles and limits give the same report.
    """
    if baseline.spec.digest != window.spec.digest:
        raise ForeignProfile(ours=baseline.spec.digest[:12], theirs=window.spec.digest[:12])
    pair = Pair(baseline, window, limits or Limits())
    findings = judge([draft for check in CHECKS for draft in check(pair)], pair.limits)
    parts = composed(findings)
    score = composite(parts)
    findings.append(_composite(pair, score))
    return Report(
        Side.of(baseline, version), Side.of(window), tuple(findings), tuple(alerts(pair, findings)), score, parts
    )


def _composite(pair: Pair, score: float) -> Finding:
    """Return the composite as a finding: shown, never an alert alone."""
    limit = pair.limits.limit("composite")
    severity = limit.severity(score)
    verdict = Verdict.NOTICE if severity else Verdict.OK
    finding = Finding(Family.MODEL, "composite", value=score, limit=limit.border(severity), verdict=verdict)
    return replace(finding, n_baseline=pair.baseline.rows, n_window=pair.window.rows, severity=severity)
