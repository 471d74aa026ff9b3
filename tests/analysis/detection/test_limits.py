"""The `checks:` section: the table of the requirements, what a policy may change, and what it is told when it errs."""

import pytest
from pydantic import ValidationError

from analysis.detection.compare import compare
from analysis.detection.limits import Limits
from analysis.vocabulary import Family, Severity
from tests.analysis.conftest import profile_of

TABLE = [
    ("demographic_parity_difference", 0.05, None), ("demographic_parity_difference", 0.0501, "medium"),
    ("demographic_parity_difference", 0.11, "critical"), ("disparate_impact_ratio", 0.90, None),
    ("disparate_impact_ratio", 0.80, "medium"), ("disparate_impact_ratio", 0.79, "critical"), ("psi", 0.10, "medium"),
    ("psi", 0.25, "critical"), ("kl", 0.30, "critical"), ("wasserstein_over_std", 0.15, "medium"),
    ("wasserstein_over_std", 0.30, "medium"), ("wasserstein_over_std", 0.31, "critical"),
    ("null_increase", 0.15, "critical"), ("unseen_share", 0.01, "medium"), ("unseen_share", 0.5, "high"),
    ("accuracy_drop", 0.06, "high"), ("accuracy_drop", 0.11, "critical"), ("score_total_variation", 0.2, None),
    ("output_entropy_change", 0.51, "critical"), ("explanation_spearman", 0.79, "medium"),
    ("explanation_spearman", 0.59, "high"), ("error_rate", 0.02, "high"), ("error_rate", 0.06, "critical"),
    ("latency_p95_ratio", 3.5, "high"), ("latency_p95_ratio", 11.0, "critical"), ("composite", 0.31, "critical"),
]  # fmt: skip


@pytest.mark.parametrize(("metric", "value", "severity"), TABLE)
def test_the_table_decides(metric, value, severity):
    assert Limits().limit(metric).severity(value) == severity


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"limits": {"pssi": {"medium": "> 1"}}}, "pssi is no metric with a limit"),
        ({"limits": {"psi": {"medium": "0.1"}}}, "write a sign and a number"),
        ({"limits": {"psi": {"medium": 0.1}}}, "write a sign and a number"),
        ({"limits": {"psi": {"medium": "> 0.3", "critical": "> 0.1"}}}, "cannot be worse than"),
        ({"limits": {"psi": {"medum": "> 0.3"}}}, "medum"),
        ({"alfa": 0.01}, "alfa"),
        ({"persistence": {"open_k": 3, "open_of": 2}}, "can never happen"),
    ],
)
def test_a_mistake_is_named(wrong, told):
    with pytest.raises(ValidationError, match=told):
        Limits.model_validate(wrong)


def test_limits_survive_json():
    limits = Limits(limits={"psi": {"medium": "≥ 20%"}}, preset="playbook")
    assert Limits.model_validate(limits.model_dump(mode="json")) == limits
    assert limits.limit("psi").severity(0.2) is Severity.MEDIUM
    assert limits.limit("equal_opportunity_difference").severity(0.15) is None
    assert Limits.model_json_schema()["properties"]


def test_the_quiet_preset_holds_families_down():
    baseline, window = profile_of("reference"), profile_of("current_c_")
    assert compare(baseline, window, Limits()).alerts[0].severity is Severity.CRITICAL
    assert compare(baseline, window, Limits(preset="quiet")).alerts[0].severity is Severity.HIGH
    assert Limits(severity_caps={Family.DATA: Severity.LOW}).cap(Family.DATA) is Severity.LOW
    assert Limits.model_validate({"severity_caps": {"data": "sev3"}}).cap(Family.DATA) is Severity.MEDIUM


def test_no_family_is_held_down_where_the_model_breaks_too():
    baseline, window = profile_of("reference"), profile_of("current_b_")
    told = {"preset": "quiet", "limits": {"composite": {"critical": "> 0.99"}}}
    (alert,) = compare(baseline, window, Limits.model_validate(told)).alerts
    assert (alert.lead.family, alert.severity) == (Family.DATA, Severity.CRITICAL)
    told["severity_caps"] = {"model": "high"}
    assert compare(baseline, window, Limits.model_validate(told)).alerts[0].severity is Severity.HIGH
    calm = {"score_total_variation": {"low": "> 0.9"}, "score_psi": {"low": "> 9"}}  # the data breaks alone
    told = {"preset": "quiet", "limits": told["limits"] | calm}
    assert compare(baseline, window, Limits.model_validate(told)).alerts[0].severity is Severity.HIGH


def test_a_stated_minimum_of_accuracy_is_held():
    baseline = profile_of("reference")
    limits = Limits(limits={"accuracy": {"high": "< 0.70"}, "accuracy_drop": {"critical": "> 0.9"}})
    raised = [f.metric for f in compare(baseline, profile_of("current_f_"), limits).findings if f.severity == "high"]
    assert "accuracy" in raised
    assert compare(baseline, profile_of("current_a_"), limits).alerts == ()
