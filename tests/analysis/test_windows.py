"""The shipped windows give exactly the incidents of their README: families, causes, onsets, one alert a cause."""

from datetime import UTC, datetime

import pytest

from analysis.vocabulary import Family, Severity, Verdict
from tests.analysis.conftest import report_on


def only(letter, late=True):
    (alert,) = report_on(letter, late).alerts
    return alert


def day(d, h=0, month=3):
    return datetime(2025, month, d, h, tzinfo=UTC)


@pytest.mark.parametrize("late", [True, False])
def test_unchanged_data_raises_nothing(late):
    report = report_on("a", late)
    assert report.alerts == ()
    assert report.is_enough


def test_a_partner_campaign_is_data_drift_with_prediction_drift():
    alert = only("b")
    assert (alert.family, alert.severity, alert.lead.column) == (Family.DATA, Severity.CRITICAL, "channel")
    assert alert.columns == ("channel", "education", "education_num", "occupation")
    assert alert.since == day(10)
    assert alert.until is None
    assert {"score_psi", "unseen_share"} <= {c.metric for c in alert.consequences}
    assert report_on("b").of("unseen_share", "channel").facts["values"] == ["partner"]


def test_hours_in_minutes_is_that_one_column_since_its_onset():
    alert = only("c")
    assert (alert.family, alert.columns) == (Family.QUALITY, ("hours_per_week",))
    assert alert.lead.metric == "out_of_range_share"
    assert alert.since == day(19, 9)
    assert {c.column for c in alert.consequences} == {"hours_per_week"}


def test_missing_fields_are_one_cause_in_one_channel():
    alert = only("d")
    assert (alert.family, alert.columns) == (Family.QUALITY, ("hours_per_week", "occupation"))
    assert alert.segment == ("channel", "mobile")
    assert alert.since == day(25, 12)


@pytest.mark.parametrize("late", [True, False])
def test_a_biased_retrain_is_one_critical_fairness_alert_naming_the_groups(late):
    alert = only("e", late)
    assert (alert.family, alert.severity, alert.lead.column) == (Family.FAIRNESS, Severity.CRITICAL, "sex")
    assert (alert.lead.facts["lowest"], alert.lead.facts["highest"]) == ("Female", "Male")
    assert alert.versions == ("2.0.0",)
    assert alert.since == day(31)
    assert "explanation_spearman" in {c.metric for c in alert.consequences}


@pytest.mark.parametrize("late", [True, False])
def test_another_world_is_a_performance_alert(late):
    alert = only("f", late)
    assert alert.family is Family.MODEL
    assert alert.lead.metric == "accuracy_drop"
    assert alert.since == day(7, month=4)


def test_an_outage_is_seen_and_located_to_its_ten_hours():
    alert = only("g")
    assert (alert.family, alert.severity) == (Family.OPERATIONS, Severity.CRITICAL)
    assert (alert.since, alert.until) == (day(17, 11, month=4), day(17, 21, month=4))
    assert {alert.lead.metric, *(c.metric for c in alert.consequences)} == {"error_rate", "latency_p95_ratio"}


def test_a_model_that_looks_elsewhere_is_explanation_drift_alone():
    alert = only("h")
    assert (alert.family, alert.consequences, alert.versions) == (Family.EXPLANATION, (), ("3.0.0",))
    assert alert.lead.facts["moved"][0] == "education_num"


def test_a_tiny_window_is_neither_raised_nor_passed():
    report = report_on("i")
    assert report.alerts == ()
    assert not report.is_enough
    assert report.of("psi", "age").verdict is Verdict.INSUFFICIENT_DATA
    assert report.of("accuracy_drop").verdict is Verdict.INSUFFICIENT_DATA


def test_the_same_profiles_give_the_same_report():
    from analysis.detection.compare import compare
    from tests.analysis.conftest import profile_of

    again = compare(profile_of("reference"), profile_of("current_e_"))
    assert again.to_json() == report_on("e").to_json()


@pytest.mark.parametrize("letter", "abcdefghi")
def test_a_report_survives_json(letter):
    import json

    from analysis.detection.report import Report

    report = report_on(letter)
    text = json.dumps(report.to_json(), allow_nan=False)
    assert Report.from_json(json.loads(text)) == report
