"""Rules: what may be written, what it means, and how often it must hold."""

import pytest
from pydantic import ValidationError

from analysis.detection.conditions import PRESETS, Condition, Rule, values_of
from tests.analysis.conftest import report_on


@pytest.mark.parametrize(
    ("text", "values", "held"),
    [
        ("safety_margin < 0.95", {"safety_margin": 0.9}, True),
        ("safety_margin < 0.95", {"safety_margin": 0.95}, False),
        ("safety_margin < 0.95", {}, None),
        ("slo_violation_detected", {"slo_violation_detected": 1.0}, True),
        ("slo_violation_detected", {"slo_violation_detected": 0.0}, False),
        ("a > 1 and b > 1", {"a": 2}, None),
        ("a > 1 and b > 1", {"a": 0}, False),
        ("a > 1 or b > 1", {"a": 2}, True),
        ("a > 1 or b > 1", {"a": 0}, None),
        ("a > 1 and b > 1 or c >= 5%", {"a": 0, "b": 9, "c": 0.05}, True),
        ("psi[age] > 0.1", {"psi[age]": 0.2, "psi": 0.0}, True),
    ],
)
def test_a_condition_holds_or_not_or_is_unknown(text, values, held):
    assert Condition.parse(text).holds(values) is held


@pytest.mark.parametrize("text", ["", "< 3", "a >", "a > b", "__import__('os')", "a > 1; b", "a + b > 2", "(a > 1)"])
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(ValidationError, match="is no "):
        Rule(name="x", when=text, severity="high")


def test_a_rule_waits_for_its_count_unless_it_is_urgent():
    rule = Rule(name="x", when="a > 1", severity="high")
    assert not rule.fires([True, True])
    assert rule.fires([False, True, True, True])
    assert rule.model_copy(update={"immediate_response": True}).fires([False, True])
    assert not rule.fires([])


def test_rules_survive_json():
    for rule in PRESETS:
        assert Rule.model_validate(rule.model_dump(mode="json")) == rule


def test_a_run_can_be_asked_by_metric_and_column():
    values = values_of(report_on("c").findings)
    assert Condition.parse("psi[hours_per_week] > 1 and psi[age] < 0.1").holds(values) is True
    assert values["psi"] == values["psi[hours_per_week]"]
    ratios = [value for name, value in values.items() if name.startswith("disparate_impact_ratio[")]
    assert values["disparate_impact_ratio"] == min(ratios)
