"""Every finding, alert and refusal has one plain sentence, with the numbers in it."""

import pytest

from analysis.detection.findings import Finding, Reason
from analysis.errors import BadLog, BadProfile, BadSpec, Fault
from analysis.vocabulary import Family, Verdict
from templates import words
from tests.analysis.conftest import report_on


@pytest.mark.parametrize(
    ("letter", "parts"),
    [
        ("b", ["Channel", "10 March 2025", "values never seen before"]),
        ("c", ["hours_per_week", "1 to 99", "19 March 2025 09:00 UTC"]),
        ("d", ["missing", "occupation", "channel is mobile", "25 March 2025 12:00 UTC"]),
        ("e", ["Female", "Male", "sex", "28 % against 45 %", "2.0.0"]),
        ("f", ["Accuracy fell", "AUC drop"]),
        ("g", ["requests failed", "until 17 April 2025 21:00 UTC"]),
        ("h", ["education_num", "3.0.0"]),
    ],
)
def test_an_alert_says_what_where_and_since_when(letter, parts):
    (alert,) = report_on(letter).alerts
    said = words.alert(alert)
    assert [part for part in parts if part not in said] == []


def test_the_summary_says_when_nothing_can_be_said():
    assert words.summary(report_on("i")).startswith("Too little to judge: 36 requests")
    assert words.summary(report_on("a")) == "No alert: 4,000 requests agree with the baseline."
    assert words.summary(report_on("e")) == "critical: Fairness: sex."


@pytest.mark.parametrize("letter", "abcdefghi")
def test_every_sentence_is_one_and_whole(letter):
    for finding in report_on(letter).findings:
        said = words.finding(finding)
        assert said[0].isupper() or said[0].isdigit()
        assert said.endswith(".")
        assert "nan" not in said
        assert "None" not in said


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words(reason):
    judged = Finding(Family.DATA, "psi", "x", verdict=Verdict.NOT_COMPUTABLE, reason=reason)
    assert words.finding(judged).startswith("No population stability index of x: ")


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_words(fault):
    said = words.refused(BadLog(fault, file="a.parquet", column="age", row_group=3, detail="so it is"))
    assert "a.parquet" in said
    assert "column age" in said
    assert "row group 3" in said


def test_other_refusals_have_words():
    assert "damaged" in words.refused(BadProfile(detail="damaged"))
    assert "column sox" in words.refused(BadSpec(column="sox"))
