"""Where a change comes from: known worlds are told apart, whatever the split of the rows, and the shipped windows."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from analysis.detection.compare import compare
from analysis.detection.decomposition import explained
from analysis.detection.limits import Limits
from analysis.detection.origins import Basis, Source, Untold
from analysis.detection.pair import Pair
from analysis.detection.report import Report
from analysis.discovery import Told, discover
from analysis.profile import count
from storage.predictions import log_at, read
from tests.analysis.conftest import DATA, profile_of, report_on
from tests.contracts.test_every_metric import ODD, log

TOLD = Told(protected=("sex", "age_band"))


def chance(x, age, kind):
    """Return how likely a decision is right, in the world of these tests."""
    return 0.75 - 0.15 * np.tanh(x) - 0.15 * (age == "old") - 0.1 * (kind == "c")


def world(seed, rows=4_000, *, shift=0.0, old=0.3, worse=0.0, c=0.2):
    """Return a log: `shift` of x, the share of the old, of kind c, and how much worse the model is for everybody."""
    draw = np.random.default_rng(seed)
    age = np.where(draw.random(rows) < old, "old", "young")
    x, kind = draw.normal(shift, 1, rows), draw.choice(["a", "b", "c"], rows, p=[0.7 - c, 0.3, c])
    label = draw.integers(0, 2, rows)
    right = draw.random(rows) < chance(x, age, kind) - worse
    return pa.table(
        {
            "timestamp": pa.array(np.arange(rows) * 1_000 + 1_700_000_000_000, pa.timestamp("ms", "UTC")),
            "x": x,
            "z": draw.normal(0, 1, rows),
            "kind": kind,
            "age_band": age,
            "sex": draw.choice(["f", "m"], rows),
            "decision": np.where(right, label, 1 - label).astype(np.int8),
            "label": label.astype(np.int8),
        }
    )


def hiring(seed, rows=6_000, *, women=0.5, bias=0.0):
    """Return a log whose approvals follow a skill; `women` is the share of skilled women, `bias` is against them."""
    draw = np.random.default_rng(seed)
    sex = draw.choice(["f", "m"], rows)
    skill = draw.random(rows) < np.where(sex == "f", women, 0.5)
    approved = draw.random(rows) < np.where(skill, 0.8, 0.3) - bias * (sex == "f")
    return pa.table({"skill": np.where(skill, "high", "low"), "sex": sex, "decision": approved.astype(np.int8)})


def origins(before, now, told=TOLD, rows=10**9):
    """Return the origins of all alerts, the logs given in batches of so many rows."""
    spec = discover(before, told)
    profiles = [count(spec, side.to_batches()) for side in (before, now)]
    pair = Pair(*profiles, Limits())
    report = compare(*profiles)
    found = explained(pair, report, (lambda: before.to_batches(rows), lambda: now.to_batches(rows)))
    return [origin for alert in found.alerts for origin in alert.origins]


def of(origin, source, column=None):
    """Return the value and the interval of a part, 0 where it does not play."""
    found = [p for p in origin.parts if p.source is source and (column is None or column in p.columns)]
    return (found[0].value, found[0].interval) if found else (0.0, (0.0, 0.0))


def truth(**changed):
    """Return what each change alone does to accuracy; the chances add up, so the parts do."""
    draw = np.random.default_rng(0)
    x = draw.normal(0, 1, 10**6)
    shift, old, c = changed.get("shift", 0.0), changed.get("old", 0.3), changed.get("c", 0.2)
    return {
        (Source.FEATURE, "x"): -0.15 * float(np.tanh(x + shift).mean()),
        (Source.FEATURE, "kind"): -0.1 * (c - 0.2),
        (Source.MIX, None): -0.15 * (old - 0.3),
        (Source.MODEL, None): -changed.get("worse", 0.0),
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"shift": 0.7},
        {"old": 0.8},
        {"worse": 0.1},
        {"shift": 0.5, "old": 0.6, "worse": 0.05},
        {"shift": 0.5, "old": 0.6, "worse": 0.05, "c": 0.4},
    ],
    ids=["a feature", "people", "the model", "all three", "two features too"],
)
def test_what_made_accuracy_fall_is_told_and_the_intervals_hold(changed):
    known, held, values = truth(**changed), [], []
    for seed in range(30):
        found = [o for o in origins(world(2 * seed), world(2 * seed + 1, **changed)) if o.metric == "accuracy_drop"]
        if found:
            parts = [of(found[0], *key) for key in known]
            values.append([value for value, _ in parts])
            held.append(
                [
                    low - 1e-3 <= true <= high + 1e-3
                    for (_, (low, high)), true in zip(parts, known.values(), strict=True)
                ]
            )
    assert len(values) > 20
    assert (np.mean(held, axis=0) >= 0.9).all(), np.mean(held, axis=0)
    assert np.mean(values, axis=0).tolist() == pytest.approx(list(known.values()), abs=0.008)


def test_other_women_and_a_biased_model_are_told_apart():
    held = []
    for seed in range(30):
        (other,) = origins(hiring(3 * seed), hiring(3 * seed + 1, women=0.1), Told(protected=("sex",)))
        (biased,) = origins(hiring(3 * seed), hiring(3 * seed + 2, bias=0.2), Told(protected=("sex",)))
        skill, none = of(other, Source.FEATURE, "skill"), of(other, Source.MODEL)
        assert abs(skill[0]) > 3 * abs(none[0])
        assert abs(of(biased, Source.MODEL)[0]) > 5 * abs(of(biased, Source.FEATURE)[0])
        held.append([none[1][0] <= 0 <= none[1][1]])
    assert np.mean(held) >= 0.9


def test_a_small_group_among_three_is_told_apart_too():
    """One group in seven loses skill; its rows are few, and so the interval is wide and holds."""

    def log_of(seed, less=0.0):
        draw = np.random.default_rng(seed)
        race = draw.choice(["a", "b", "c"], 1_500, p=[0.6, 0.25, 0.15])
        skill = draw.normal(0, 1, 1_500) - less * (race == "c")
        approved = draw.random(1_500) < 1 / (1 + np.exp(-skill))
        return pa.table({"skill": skill, "race": race, "decision": approved.astype(np.int8)})

    held, shares = [], []
    for seed in range(40):
        for origin in origins(log_of(2 * seed), log_of(2 * seed + 1, less=1.0), Told(protected=("race",))):
            value, (low, high) = of(origin, Source.MODEL)
            held.append(low <= 0 <= high)
            shares.append(of(origin, Source.FEATURE, "skill")[0] / origin.change)
            assert value == pytest.approx(origin.change - sum(p.value for p in origin.parts if p.columns), abs=0.05)
    assert len(held) > 20
    assert np.mean(held) >= 0.9
    assert np.mean(shares) == pytest.approx(1, abs=0.15)


def test_a_feature_whose_shift_hides_inside_a_group_is_found():
    """No shift over all: skilled women are fewer, skilled men more."""

    def swapped(seed):
        table = hiring(seed)
        draw, sex = np.random.default_rng(seed), np.array(table["sex"].to_pylist())
        skill = draw.random(len(sex)) < np.where(sex == "f", 0.2, 0.8)
        approved = draw.random(len(sex)) < np.where(skill, 0.8, 0.3)
        return pa.table({"skill": np.where(skill, "high", "low"), "sex": sex, "decision": approved.astype(np.int8)})

    (origin,) = origins(hiring(1), swapped(2), Told(protected=("sex",)))
    assert of(origin, Source.FEATURE, "skill")[0] / origin.change > 0.9


def test_the_parts_add_up_and_survive_json():
    for origin in origins(world(1), world(2, shift=0.5, old=0.6, worse=0.1)):
        assert sum(part.value for part in origin.parts) == pytest.approx(origin.change, abs=1e-12)
        assert type(origin).from_json(json.loads(json.dumps(origin.to_json()))) == origin


@pytest.mark.parametrize("rows", [37, 1_000])
def test_the_split_and_the_order_of_the_rows_change_nothing(rows):
    before, now = world(1, 2_000), world(2, 2_000, shift=0.5, worse=0.15)
    shuffled = now.take(np.random.default_rng(1).permutation(now.num_rows))
    assert origins(before, now, rows=rows) == origins(before, now)
    assert origins(before, shuffled, rows=rows) == origins(before, now)


def test_values_that_the_baseline_never_had_cannot_be_told_apart():
    now = world(2, worse=0.2)
    strange = now.set_column(now.column_names.index("kind"), "kind", pa.array(["new"] * now.num_rows))
    (origin,) = [o for o in origins(world(1), strange) if o.metric == "accuracy_drop"]
    assert origin.untold == ("kind",)
    assert {part.source for part in origin.parts} <= {Source.MIX, Source.MODEL, Source.NEW}
    alone = replace(TOLD, protected=())
    only = ["timestamp", "kind", "decision", "label"]
    (bare,) = origins(world(1).select(only), strange.select(only), alone)
    assert (bare.reason, bare.parts) == (Untold.NO_COUNTERPART, ())


def shipped(letter):
    late = [DATA / "late_labels.parquet"]
    places = [next(DATA.glob(name)) for name in ("reference.parquet", f"current_{letter}_*.parquet")]
    first, second = ((lambda place=place: read(log_at([place], late))) for place in places)
    pair = Pair(profile_of("reference"), profile_of(f"current_{letter}_"), Limits())
    return pair, (first, second)


@pytest.mark.parametrize(("letter", "metric"), [("e", "disparate_impact_ratio"), ("f", "accuracy_drop")])
def test_a_biased_retrain_and_another_world_are_no_matter_of_other_people_or_inputs(letter, metric):
    pair, logs = shipped(letter)
    (alert,) = explained(pair, report_on(letter), logs).alerts
    origin = alert.origins[0]
    low, high = of(origin, Source.MODEL)[1]
    assert (origin.metric, origin.basis) == (metric, Basis.LOGS)
    assert of(origin, Source.MODEL)[0] / origin.change > 0.9
    assert low <= origin.change <= high


@pytest.mark.parametrize("letter", "abcdefghi")
def test_the_alerts_stay_the_same_but_for_their_origins(letter):
    pair, logs = shipped(letter)
    report = explained(pair, report_on(letter), logs)
    assert replace(report, alerts=tuple(replace(a, origins=()) for a in report.alerts)) == report_on(letter)
    assert Report.from_json(json.loads(json.dumps(report.to_json(), allow_nan=False))) == report


def test_without_the_log_the_profiles_tell_the_mix_of_people():
    before, now = world(1), world(2, old=0.9)
    spec = discover(before, TOLD)
    pair = Pair(*(count(spec, side.to_batches()) for side in (before, now)), Limits())
    (alert, *_) = explained(pair, compare(pair.baseline, pair.window), None).alerts
    (origin,) = [o for o in alert.origins if o.metric == "accuracy_drop"]
    assert origin.basis is Basis.PROFILES
    assert of(origin, Source.MIX, "age_band")[0] == pytest.approx(-0.09, abs=0.02)


def test_a_log_that_is_not_the_profiled_one_is_not_used():
    pair, (_, now) = shipped("e")
    (alert,) = explained(pair, report_on("e"), (now, now)).alerts
    assert [(o.basis, o.reason) for o in alert.origins] == [(Basis.PROFILES, Untold.NO_LOG)] * len(alert.origins)


ALL = {
    "disparate_impact_ratio": {"high": "< 9"},
    **{metric: {"high": "> -9"} for metric in ("accuracy_drop", "accuracy_gap", "equal_opportunity_difference")},
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_logs_are_taken_apart_or_said_not_to_be(odd):
    before, now, limits = log(), ODD[odd], Limits(alpha=0.999, limits=ALL)
    spec = discover(before, Told(protected=("group",)))
    pair = Pair(*(count(spec, side.to_batches()) for side in (before, now)), limits)
    report = compare(pair.baseline, pair.window, limits)
    told = explained(pair, report, (before.to_batches, now.to_batches))
    for origin in (origin for alert in told.alerts for origin in alert.origins):
        json.dumps(origin.to_json(), allow_nan=False)
        assert origin.reason or sum(part.value for part in origin.parts) == pytest.approx(origin.change, abs=1e-12)


def test_a_stretch_that_few_rows_can_tell_apart_says_what_it_leaves_out():
    """Groups of a few dozen rows leave room for one player or none, and everything still adds up."""
    before, now = hiring(1, 400), hiring(2, 300, women=0.05)
    limits = Limits(alpha=0.9, limits={"disparate_impact_ratio": {"high": "< 9"}})
    spec = discover(before, Told(protected=("sex",)))
    pair = Pair(*(count(spec, side.to_batches()) for side in (before, now)), limits)
    report = explained(pair, compare(pair.baseline, pair.window, limits), (before.to_batches, now.to_batches))
    (origin,) = report.alerts[0].origins
    assert of(origin, Source.FEATURE, "skill")[0] / origin.change > 0.5


@pytest.mark.parametrize("metric", ["demographic_parity_difference", "equal_opportunity_difference", "accuracy_gap"])
def test_every_gap_between_groups_can_be_taken_apart(metric):
    others = {name: {"high": "> 9"} for name in ALL if name not in (metric, "disparate_impact_ratio")}
    limits = Limits(
        alpha=0.9999, limits={**others, "disparate_impact_ratio": {"high": "< -9"}, metric: {"high": "> -9"}}
    )
    (_, logs), sides = shipped("e"), (profile_of("reference"), profile_of("current_e_"))
    pair = Pair(*sides, limits)
    found = [one for alert in explained(pair, compare(*sides, limits), logs).alerts for one in alert.origins]
    (origin,) = [one for one in found if one.metric == metric]
    assert (origin.basis, origin.reason) == (Basis.LOGS, None)
    assert (origin.before, origin.now) == pytest.approx((pair_value(pair, origin, 0), pair_value(pair, origin, 1)))
    assert sum(part.value for part in origin.parts) == pytest.approx(origin.change, abs=1e-12)


def pair_value(pair, origin, side):
    """Return the value that the finding itself has."""
    report = compare(pair.baseline, pair.window, pair.limits)
    (finding,) = [f for f in report.findings if (f.metric, f.column) == (origin.metric, origin.column)]
    return (finding.baseline_value, finding.value)[side]
