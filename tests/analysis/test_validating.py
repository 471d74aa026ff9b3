"""Whether a candidate passes: its own alerts fail it, those of the requests themselves do not; accuracy is paired."""

from datetime import UTC, datetime

import pytest

from analysis.detection.alerts import Alert
from analysis.detection.findings import Finding
from analysis.detection.report import Report, Side
from analysis.response import validating
from analysis.response.serving import Validation
from analysis.response.validating import Paired, Reports, Why
from analysis.vocabulary import Family, Severity, Verdict

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SIDE = Side(4000, NOW, NOW, ("1",), 3000, "abc")
EVEN = Paired(rows=3000, champion=2300, candidate=2300, lost=0, won=0)


def rate(group: str, value: float) -> Finding:
    return Finding(Family.FAIRNESS, "selection_rate", "sex", group, value=value, n_window=2000)


def impact(value: float, verdict: Verdict = Verdict.OK) -> Finding:
    facts = {"effect": value}
    return Finding(
        Family.FAIRNESS, "disparate_impact_ratio", "sex", "Female", value=value, verdict=verdict, facts=facts
    )


def report(*findings: Finding, alerts: tuple[Alert, ...] = ()) -> Report:
    return Report(SIDE, SIDE, findings, alerts)


def alert(family: Family, column: str = "age", severity: Severity = Severity.HIGH) -> Alert:
    lead = Finding(family, "psi", column, value=0.4, verdict=Verdict.ALARM, severity=severity)
    return Alert(family, severity, lead, (), (family.value, column))


def judged(candidate: Report, champion: Report | None = None, paired: Paired = EVEN, **rules):
    baseline = report(impact(0.98))
    return validating.judge(Reports(baseline, champion or baseline, candidate), paired, Validation(**rules))


FAIR = report(rate("Female", 0.38), rate("Male", 0.39), impact(0.98))


def test_a_candidate_against_which_nothing_speaks_passes():
    verdict = judged(FAIR)
    assert verdict.passes
    assert [(row.metric, row.candidate.value) for row in verdict.rows] == [("disparate_impact_ratio", 0.98)]


def test_a_break_that_the_champion_has_too_fails_a_candidate_all_the_same():
    broken = report(impact(0.6, Verdict.ALARM), alerts=(alert(Family.FAIRNESS, "sex"),))
    verdict = judged(broken, champion=broken)
    assert [one.why for one in verdict.reasons] == [Why.ALERT]


@pytest.mark.parametrize("family", [Family.DATA, Family.QUALITY])
def test_what_is_amiss_with_the_requests_is_not_the_candidates_fault(family):
    drifted = report(impact(0.98), alerts=(alert(family),))
    assert judged(drifted, champion=drifted).passes
    assert not judged(drifted).passes  # the champion does not have it on the same requests


def test_the_policy_says_which_alerts_count():
    one = report(impact(0.98), alerts=(alert(Family.EXPLANATION, severity=Severity.MEDIUM),))
    assert not judged(one).passes
    assert judged(one, worst="high").passes
    assert judged(one, ignore=("explanation",)).passes


@pytest.mark.parametrize(("candidate", "passes"), [(2240, True), (2239, False), (2400, True)])
def test_it_may_be_right_less_often_by_as_much_as_the_policy_allows(candidate, passes):
    paired = Paired(rows=3000, champion=2300, candidate=candidate, lost=200, won=200 - (2300 - candidate))
    assert judged(FAIR, paired=paired, accuracy_drop=0.02).passes is passes


def test_without_outcomes_accuracy_is_not_judged_and_without_findings_nothing_passes():
    assert judged(FAIR, paired=Paired(0, 0, 0, 0, 0)).passes
    assert [one.why for one in judged(report()).reasons] == [Why.NOT_ENOUGH]


def test_the_interval_of_paired_shares_is_narrower_than_that_of_two_samples():
    paired = Paired(rows=1000, champion=800, candidate=780, lost=30, won=10)
    low, high = paired.interval
    assert low < paired.drop < high
    assert high - low < 0.03  # of two samples of a thousand it would be 0.07


def test_groups_are_those_that_the_champion_told_apart():
    champion = report(rate("Female", 0.28), rate("Male", 0.45), rate("Other", 0.40), impact(0.62, Verdict.ALARM))
    candidate = report(rate("Female", 0.38), rate("Male", 0.39), rate("Other", 0.30), impact(0.98))
    (found,) = judged(candidate, champion).groups
    assert (found.lowest, found.highest, found.candidate) == ("Female", "Male", (0.38, 0.39))
    assert (found.is_alike, found.was_alike) == (True, False)


def test_the_verdict_is_plain_json():
    kept = judged(FAIR).to_json()
    assert kept["passes"] is True
    assert kept["same_requests"]["allowed_drop"] == 0.02
    assert kept["table"][0]["candidate"] == {"value": 0.98, "interval": None}
