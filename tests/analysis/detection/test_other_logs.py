"""Another trade, other names, other words: nothing depends on the shipped data."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from analysis.detection.compare import compare
from analysis.discovery import Told, discover
from analysis.profile import count
from analysis.vocabulary import Family

COLUMNS = {
    "timestamp": "at", "request_id": "no", "model_version": "release", "score": "p_repay", "decision": "outcome",
    "label": "repaid", "latency_ms": "took", "error": "failure",
}  # fmt: skip
TOLD = Told(columns=COLUMNS, protected=("gender", "cohort"), references={"gender": "man"})
START = 1_760_000_400_000 // 86_400_000 * 86_400_000
HOUR = 3_600_000


def loans(n, seed):
    """Return a healthy week of n loan decisions as a dictionary of arrays."""
    draw = np.random.default_rng(seed)
    income, tenure = draw.lognormal(10, 0.6, n), draw.poisson(6, n)
    region = draw.choice(["north", "south", "east", "west"], n, p=[0.4, 0.3, 0.2, 0.1])
    score = 1 / (1 + np.exp(-(np.log(income) - 10 + 0.15 * (tenure - 6) + draw.normal(0, 0.5, n))))
    return {
        "at": np.sort(START + draw.integers(0, 7 * 24, n) * HOUR + draw.integers(0, HOUR, n)),
        "no": np.arange(n).astype(str), "release": np.full(n, "2024.4"),
        "income": income, "tenure": tenure.astype(float), "region": region.astype(object),
        "device": draw.choice(["ios", "android", "web"], n).astype(object),
        "gender": draw.choice(["man", "woman"], n, p=[0.55, 0.45]), "cohort": draw.choice(["young", "old"], n),
        "p_repay": score, "outcome": np.where(score > 0.5, "granted", "declined").astype(object),
        "repaid": np.where(draw.random(n) < score, "paid back", "defaulted"),
        "took": draw.gamma(3, 15, n), "failure": np.full(n, None, object),
        **{f"attribution_{f}": draw.normal(0, i + 1, n) for i, f in enumerate("abcdefg")},
    }  # fmt: skip


def table(columns):
    made = {name: pa.array(values, from_pandas=True) for name, values in columns.items()}
    return pa.table(made | {"at": pa.array(columns["at"], pa.timestamp("ms", "UTC"))})


def after(columns, hours):
    return columns["at"] >= START + hours * HOUR


def healthy(columns):
    pass


def cents(columns):
    columns["income"] = np.where(after(columns, 60), columns["income"] * 100, columns["income"])


def no_region_on_ios(columns):
    columns["region"][after(columns, 30) & (columns["device"] == "ios")] = None


def new_region(columns):
    columns["region"][after(columns, 50) & (columns["region"] == "north")] = "centre"


def poorer(columns):
    columns["income"] *= 0.55


def biased(columns):
    hit = (columns["gender"] == "woman") & (np.random.default_rng(1).random(len(columns["at"])) < 0.4)
    columns["outcome"][hit] = "declined"


def worthless(columns):
    lost = np.random.default_rng(2).random(len(columns["at"])) < 0.35
    columns["repaid"] = np.where(lost, "defaulted", columns["repaid"])


def slow(columns):
    held = after(columns, 80) & ~after(columns, 90)
    columns["took"] = np.where(held, columns["took"] * 15, columns["took"])


def other_reasons(columns):
    columns["attribution_g"], columns["attribution_a"] = columns["attribution_a"] * 1.1, columns["attribution_g"]
    columns["attribution_f"], columns["attribution_b"] = columns["attribution_b"], columns["attribution_f"]


FAULTS = {
    cents: (Family.QUALITY, "income"), no_region_on_ios: (Family.QUALITY, "region"),
    new_region: (Family.QUALITY, "region"), poorer: (Family.DATA, "income"), biased: (Family.FAIRNESS, "gender"),
    worthless: (Family.MODEL, None), slow: (Family.OPERATIONS, "took"), other_reasons: (Family.EXPLANATION, None),
}  # fmt: skip


def report(fault, n, seed=21):
    baseline, window = loans(2 * n, 20), loans(n, seed)
    fault(window)
    spec = discover(table(baseline), TOLD)
    return compare(*(count(spec, table(side).to_batches()) for side in (baseline, window)))


def test_words_for_yes_are_found():
    spec = discover(table(loans(500, 1)), TOLD)
    assert (spec.favourable, spec.positive) == ("granted", "paid back")
    assert set(spec.numbers) == {"income", "tenure"}
    assert set(spec.categories) == {"region", "device"}


@pytest.mark.parametrize("n", [300, 3_000, 30_000])
@pytest.mark.parametrize("seed", range(21, 25))
def test_a_healthy_week_raises_nothing(n, seed):
    assert report(healthy, n, seed).alerts == ()


@pytest.mark.parametrize("n", [4_000, 30_000])
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_one_alert_that_names_it(fault, n):
    (alert,) = report(fault, n).alerts
    assert (alert.family, alert.lead.column) == FAULTS[fault]


@pytest.mark.parametrize(("fault", "hours"), [(cents, 60), (no_region_on_ios, 30), (new_region, 50), (slow, 80)])
def test_the_onset_is_found(fault, hours):
    (alert,) = report(fault, 6_000).alerts
    assert abs(alert.since.timestamp() * 1000 - START - hours * HOUR) <= 2 * HOUR


def test_where_it_happens_is_found():
    (alert,) = report(no_region_on_ios, 6_000).alerts
    assert alert.segment == ("device", "ios")


def test_two_causes_are_two_alerts():
    def both(columns):
        cents(columns)
        slow(columns)

    assert {alert.family for alert in report(both, 5_000).alerts} == {Family.QUALITY, Family.OPERATIONS}


def test_the_same_cause_has_the_same_fingerprint_next_week():
    first, second = (report(no_region_on_ios, 4_000, seed).alerts[0] for seed in (21, 22))
    assert first.fingerprint == second.fingerprint
    assert replace(first, fingerprint=()) != first
