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


@pytest.mark.parametrize(
    ("how", "name"), [(how, name) for how in BROKEN for name in ("age", "occupation") if (how, name[0]) != ("NaN", "o")]
)
def test_a_broken_column_is_one_critical_alert_that_names_it(reference, spec, baseline, how, name):
    spoil, says = BROKEN[how]
    report = compare(baseline, count(spec, spoil(reference, name).to_batches()))
    (alert,) = report.alerts
    assert (alert.family, alert.severity, alert.lead.column) == (Family.QUALITY, Severity.CRITICAL, name)
    assert says in words.report(report)["alerts"][0]["sentence"]
    assert "Only where" not in words.report(report)["alerts"][0]["sentence"]


def test_a_column_that_neither_side_has_is_no_alert_but_said(reference, spec):
    without = count(spec, reference.drop_columns(["age"]).to_batches())
    report = compare(without, without)
    assert report.alerts == ()
    (found,) = [f for f in report.findings if f.column == "age"]
    assert found.verdict is Verdict.NOT_COMPUTABLE
