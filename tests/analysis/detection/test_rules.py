"""Rules over several runs: when one raises, what breaks its row, and what the report keeps."""

import json
from dataclasses import replace

import pytest

from analysis.detection import persistence, rules
from analysis.detection.findings import RULE, Finding
from analysis.detection.limits import Persistence
from analysis.detection.report import Report
from analysis.policy import Rule
from analysis.vocabulary import Family, Severity, Verdict
from tests.analysis.conftest import report_on

RUN = replace(report_on("a"), findings=(), alerts=())


def rule(**more) -> Rule:
    return Rule.model_validate({"name": "errors", "when": "error_rate > 0.01", "severity": "sev2"} | more)


def told(*rates: float | None, rule: Rule) -> list[Report]:
    """Return the reports of runs with these error rates, each counted on from the one before as it was stored."""
    reports: list[Report] = []
    before: dict = {}
    for rate in rates:
        run = replace(RUN, findings=(Finding(Family.OPERATIONS, "error_rate", value=rate),))
        reports.append(rules.follow(run, [rule], before))
        before = json.loads(json.dumps(reports[-1].to_json()))
    return reports


@pytest.mark.parametrize(
    ("rates", "raised"),
    [
        ([0.02, 0.02, 0.02], [False, False, True]),
        ([0.02, 0.02, 0.0, 0.02, 0.02, 0.02], [False, False, False, False, False, True]),
        ([0.02, None, 0.02, None, 0.02, 0.02], [False, False, False, False, True, True]),
        ([None, None, None], [False, False, False]),
    ],
)
def test_a_rule_raises_when_it_has_held_often_enough_in_a_row(rates, raised):
    assert [bool(report.alerts) for report in told(*rates, rule=rule(consecutive=3))] == raised


def test_its_alert_is_of_its_family_and_severity_and_named_by_the_rule_alone():
    (report,) = told(0.02, rule=rule(consecutive=1, family="security"))
    (alert,) = report.alerts
    assert (alert.family, alert.severity, alert.fingerprint) == (Family.SECURITY, Severity.HIGH, (RULE, "errors"))
    assert alert.lead.facts["names"] == ["error_rate"]
    assert alert.lead.facts["values"] == [0.02]
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report


def test_what_was_not_measured_is_said_and_neither_raises_nor_recovers():
    found = [report.of(RULE, "errors") for report in told(None, 0.0, 0.02, rule=rule())]
    assert [one.verdict for one in found] == [Verdict.NOT_COMPUTABLE, Verdict.OK, Verdict.NOTICE]


def test_a_rule_that_was_rewritten_starts_anew():
    before = told(0.02, 0.02, rule=rule())[-1].to_json()
    run = replace(RUN, findings=(Finding(Family.OPERATIONS, "error_rate", value=0.03),))
    assert rules.follow(run, [rule()], before).alerts
    assert not rules.follow(run, [rule(when="error_rate > 0.02")], before).alerts


def test_the_policy_s_own_counting_and_growing_leave_it_alone():
    alert = told(0.02, rule=rule(consecutive=1, severity="medium"))[0].alerts[0]
    runs = [{alert.fingerprint: Severity.MEDIUM}] * 3
    assert persistence.follow([alert], [], frozenset(), Persistence(open_k=2, open_of=3)).raised == (alert,)
    assert persistence.follow([alert], runs, frozenset({alert.fingerprint}), Persistence()).raised == (alert,)


def test_no_rules_leave_the_report_as_it_is():
    report = report_on("e")
    assert rules.follow(report, (), {}) == report
    assert Report.from_json(report.to_json()).to_json() == report.to_json()


def test_a_rule_watches_the_models_it_names():
    assert rule().is_for("any")
    assert not rule(models=["income"]).is_for("other")


def test_rules_survive_json():
    assert Rule.model_validate(rule().model_dump(mode="json")) == rule()
    assert Rule.model_json_schema()["properties"]["when"]["type"] == "string"
