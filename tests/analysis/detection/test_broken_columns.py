"""A column that is gone, or holds nothing but nulls or NaN, is one alert that names it, never silence."""

import numpy as np
import pyarrow as pa
import pytest

from analysis.detection.compare import compare
from analysis.profile import count
from analysis.vocabulary import Family, Severity, Verdict
from templates import words

ALL = "is missing in 100 % of requests"
BROKEN = {
    "gone": (lambda rows, name: rows.drop_columns([name]), "is no longer in the log"),
    "null": (
        lambda rows, name: put(rows, name, pa.nulls(len(rows), rows[name].type)),
        "is missing in 100 % of requests",
    ),
    "NaN": (
        lambda rows, name: put(rows, name, pa.array(np.full(len(rows), np.nan))),
        "is missing in 100 % of requests",
    ),
}


def put(rows, name, values):
    return rows.set_column(rows.schema.get_field_index(name), name, values)


NUMBERS = ("age", "score", "latency_ms")
CASES = [
    (how, name) for how in BROKEN for name in (*NUMBERS, "occupation", "decision") if how != "NaN" or name in NUMBERS
]


@pytest.mark.parametrize(("how", "name"), CASES)
def test_a_broken_column_is_one_critical_alert_that_names_it(reference, spec, baseline, how, name):
    spoil, says = BROKEN[how]
    report = compare(baseline, count(spec, spoil(reference, name).to_batches()))
    (alert,) = report.alerts
    assert (alert.family, alert.severity, alert.lead.column) == (Family.QUALITY, Severity.CRITICAL, name)
    assert says in words.report(report)["alerts"][0]["sentence"]
    assert "Only where" not in words.report(report)["alerts"][0]["sentence"]


def test_requests_that_failed_explain_the_outputs_they_lack(reference, spec, baseline):
    failed = np.arange(len(reference)) % 20 == 0  # as many as are no outage, and none of them has an answer
    errors = [
        "timeout" if fails else error for fails, error in zip(failed, reference["error"].to_pylist(), strict=True)
    ]
    rows = put(reference, "error", pa.array(errors, pa.string()))
    for name in ("score", "decision", "latency_ms"):
        values = rows[name].to_pylist()
        values = [None if fails else value for fails, value in zip(failed, values, strict=True)]
        rows = put(rows, name, pa.array(values, rows[name].type))
    report = compare(baseline, count(spec, rows.to_batches()))
    lacking = [f for f in report.findings if f.metric == "null_increase" and f.column in ("score", "decision")]
    assert [f.verdict for f in lacking] == [Verdict.OK, Verdict.OK]


def test_a_column_that_neither_side_has_is_no_alert_but_said(reference, spec):
    without = count(spec, reference.drop_columns(["age"]).to_batches())
    report = compare(without, without)
    assert report.alerts == ()
    (found,) = [f for f in report.findings if f.column == "age"]
    assert found.verdict is Verdict.NOT_COMPUTABLE
