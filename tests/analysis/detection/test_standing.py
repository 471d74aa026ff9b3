"""Gaps that a baseline itself has: told by the absolute limit and its bound, by the severity of the table."""

import numpy as np
import pyarrow as pa
import pytest

from analysis.detection import standing
from analysis.detection.checks import fairness
from analysis.detection.compare import compare
from analysis.detection.findings import Reason
from analysis.detection.limits import Limits
from analysis.detection.pair import Pair
from analysis.discovery import Told, discover
from analysis.profile import count
from analysis.vocabulary import Family, Severity, Verdict
from tests.analysis.conftest import profile_of


def log(women, men, n=4_000):
    """Return the profile of a log in which these shares of n women and n men are approved, the same of every label."""
    approved = np.r_[np.arange(n) < women * n, np.arange(n) < men * n].astype(np.int8)
    table = pa.table({
        "timestamp": pa.array(np.arange(2 * n) * 60_000 + 1_700_000_000_000, pa.timestamp("ms", "UTC")),
        "group": ["woman"] * n + ["man"] * n,
        "flat": ["one", "two"] * n,
        "decision": approved,
    })  # fmt: skip
    return count(discover(table, Told(protected=("group", "flat"))), table.to_batches())


@pytest.mark.parametrize(
    ("women", "men", "n", "severity"),
    [
        (0.50, 0.50, 4_000, None),
        (0.70, 0.77, 150, None),  # past the limit, but it may be chance
        (0.70, 0.77, 8_000, Severity.MEDIUM),
        (0.40, 0.60, 4_000, Severity.CRITICAL),
    ],
)
def test_only_a_gap_whose_bound_is_past_the_limit_stands(women, men, n, severity):
    found = standing.gaps(log(women, men, n), Limits())
    assert [alert.severity for alert in found] == ([severity] if severity else [])


def test_one_attribute_is_one_alert_however_many_metrics_say_it():
    profile = log(0.4, 0.6)
    (alert,) = standing.gaps(profile, Limits())
    assert (alert.family, alert.fingerprint) == (Family.FAIRNESS, ("standing", "group"))
    assert alert.since == profile.since
    metrics = [finding.metric for finding in (alert.lead, *alert.consequences)]
    assert metrics == ["demographic_parity_difference", "disparate_impact_ratio"]
    assert alert.lead.reason is Reason.STANDING
    assert alert.lead.facts["baseline"] == profile.checksum
    assert alert.lead.limit == 0.10


def test_a_window_with_the_same_gap_raises_nothing():
    report = compare(log(0.4, 0.6), log(0.4, 0.6, 3_000))
    assert report.alerts == ()
    gap = next(f for f in report.findings if f.metric == "disparate_impact_ratio" and f.column == "group")
    assert (gap.verdict, gap.reason) == (Verdict.NOTICE, Reason.STANDING)


def test_caps_and_limits_of_the_policy_hold():
    profile = log(0.4, 0.6)
    assert standing.gaps(profile, Limits(severity_caps={Family.FAIRNESS: "low"}))[0].severity is Severity.LOW
    lax = {name: {"critical": "> 0.9"} for name in (fairness.DP, fairness.EO, fairness.GAP)}
    assert standing.gaps(profile, Limits(limits=lax | {fairness.DI: {"critical": "< 0.1"}})) == []


def test_the_shipped_reference_has_none_and_a_biased_one_has():
    assert standing.gaps(profile_of("reference"), Limits()) == []
    (alert,) = standing.gaps(profile_of("current_e_"), Limits())
    assert alert.lead.column == "sex"


def test_a_log_without_groups_or_rows_has_none():
    assert standing.gaps(log(0.5, 0.5, 3), Limits()) == []
    assert fairness.check(Pair(log(0, 0), log(0, 0), Limits()))
    assert standing.gaps(log(0, 0), Limits()) == []
