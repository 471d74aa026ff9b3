"""Conditions: what may be written, what it means where not all is known, and that nothing written there takes long."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.detection.conditions import LONGEST, Condition, Measure, values_of
from analysis.detection.findings import Finding
from analysis.vocabulary import Family
from tests.analysis.conftest import report_on

ASKED = [Measure("psi"), Measure("psi", "age"), Measure("error_rate"), Measure("accuracy_drop")]
SIGNS = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "values", "held"),
    [
        ("error_rate > 0.01", {"error_rate": 0.02}, True),
        ("error_rate > 0.01", {"error_rate": 0.01}, False),
        ("error_rate > 0.01", {}, None),
        ("error_rate >= 1 && psi > 1", {"error_rate": 2}, None),
        ("error_rate > 1 && psi > 1", {"error_rate": 0}, False),
        ("error_rate > 1 || psi > 1", {"psi": 2}, True),
        ("error_rate > 1 || psi > 1", {"psi": 0}, None),
        ("!(psi > 1)", {"psi": 0}, True),
        ("!(psi > 1)", {}, None),
        ("psi > 1 && ks > 1 || auc_drop >= 0.05", {"psi": 0, "ks": 9, "auc_drop": 0.05}, True),
        ("output_entropy_change < -0.25", {"output_entropy_change": -0.3}, True),
    ],
)
def test_a_condition_holds_or_not_or_is_unknown(text, values, held):
    assert Condition.parse(text).holds({Measure(name): value for name, value in values.items()}) is held


def test_a_metric_alone_and_one_of_its_columns_stand_side_by_side():
    condition = Condition.parse('psi > 0.5 && psi["age"] < 0.1 && psi[ \'a "b"\' ] < 0.1')
    values = {Measure("psi"): 0.6, Measure("psi", "age"): 0.0, Measure("psi", 'a "b"'): 0.0}
    assert condition.holds(values) is True
    assert condition.holds(values | {Measure("psi", "age"): 0.2}) is False
    assert next(map(str, condition.measured(values))) == "psi"
    assert {str(measure) for measure in values} == {"psi", 'psi["age"]', "psi['a \"b\"']"}


def conditions(depth: int = 4):
    """Return texts with what they mean: a function of the values to True, False or None."""

    def comparison(measure, sign, number):
        def means(values):
            return SIGNS[sign](values[measure], number) if measure in values else None

        return f"{measure} {sign} {number}", means

    def joined(one, other, sign):
        decides = sign == "||"

        def means(values):
            found = {one[1](values), other[1](values)}
            return decides if decides in found else (None if None in found else not decides)

        return f"({one[0]}) {sign} ({other[0]})", means

    def turned(one):
        return f"!({one[0]})", lambda values: None if (held := one[1](values)) is None else not held

    numbers = st.sampled_from([-1.5, 0, 0.01, 0.2, 1, 2.5])
    leaf = st.builds(comparison, st.sampled_from(ASKED), st.sampled_from(list(SIGNS)), numbers)
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(joined, inner, inner, st.sampled_from(["&&", "||"])), st.builds(turned, inner)
        ),
        max_leaves=depth,
    )


@given(conditions(), st.dictionaries(st.sampled_from(ASKED), st.sampled_from([-1.5, 0.0, 0.01, 0.2, 1.0, 3.0])))
def test_it_means_what_three_valued_logic_says(condition, values):
    text, means = condition
    assert Condition.parse(text).holds(values) is means(values)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cannot be read|mismatched"),
        ("psi >", "line 1, column 6: mismatched input"),
        ("psi > 0.1 and ks > 1", "line 1, column 11: mismatched input 'and'"),
        ("psy > 0.1", "line 1, column 1: psy is no metric, did you mean psi?"),
        ("psi > 0.1 &&\n  eror_rate > 1", "line 2, column 3: eror_rate is no metric, did you mean error_rate?"),
        ('psy["age"] > 0.1', "psy is no metric, did you mean psi?"),
        ("safety_margin < 0.95", "safety_margin is no metric"),
        ('selection_rate["sex"] < 0.5', "selection_rate is no metric"),
        ("psi", "compares what cannot be compared"),
        ('psi > "a"', "compares what cannot be compared"),
        ("psi.age > 1", "compares what cannot be compared"),
        ("psi < ks < 1", "compares what cannot be compared"),
        ("1 < 2", "asks for no metric"),
        ("psi + ks > 1", "more than comparisons"),
        ("psi == 1", "more than comparisons"),
        ("psi > 1 ? true : false", "more than comparisons"),
        ('psi["a"]["b"] > 1', "more than comparisons"),
        ("_0 > 1", "_0 is no metric"),
        ('psi["a"] > 1 && _0 > 1', "_0 is no metric"),
        ("__import__('os').system('true')", "is no metric|more than comparisons"),
        ("psi > 1; ks > 1", "line 1, column 8"),
        ("psi > \u2028 1", "token recognition error"),
    ],
)
def test_what_is_no_condition_is_refused_in_one_line(text, says):
    with pytest.raises(ValueError, match=says) as error:
        Condition.parse(text)
    assert len(str(error.value).splitlines()) == 1


BOMB = "[0,0,0,0,0,0,0,0]"
HOSTILE = [
    "(" * 250 + "psi > 1" + ")" * 243,
    "!" * 490 + "(psi>1)",
    "-" * 480 + "psi > 1",
    "psi > 1" * 70,
    "psi > 1 && " * 45 + "ks > 1",
    "psi" + '["a"]' * 99,
    f"{BOMB}.map(psi, " * 15 + "psi" + ")" * 15,
    f"{BOMB}.all(psi, " * 15 + "psi > 0" + ")" * 15,
    f"{BOMB}.exists_one(psi, psi > 0) && psi > 1",
    f"{BOMB}.filter(psi, psi > 0) == [] && psi > 1",
    '"' + "a" * 300 + '".matches("(a+)+$") && psi > 1',
    "psi > 1e999",
    "psi > " + "9" * 480,
    "psi in [1.0] || psi > 1",
    "has(psi.a) && psi > 1",
    "x" * (LONGEST + 1),
    "psi > 1" + " " * LONGEST,
    "\x00psi > 1",
    "psi > 1 /* ",
    "ψ > 1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_condition_is_refused_or_read_at_once(text):
    began = time.perf_counter()
    with suppress(ValueError):
        Condition.parse(text).holds({Measure("psi"): 1.0})
    assert time.perf_counter() - began < 1.0


@given(st.text("psi ks><=&|!()[]{}\"'.,?:+-*/%0189_a\n\\", max_size=120) | st.text(max_size=LONGEST))
def test_whatever_is_written_ends_in_a_condition_or_a_refusal(text):
    try:
        condition = Condition.parse(text)
    except ValueError:
        return
    assert condition.holds({}) in (True, False, None)


def test_a_run_can_be_asked_by_metric_and_column():
    values = values_of(report_on("c").findings)
    assert Condition.parse('psi["hours_per_week"] > 1 && psi["age"] < 0.1').holds(values) is True
    assert values[Measure("psi")] == values[Measure("psi", "hours_per_week")]
    ratios = [value for measure, value in values.items() if measure.metric == "disparate_impact_ratio"]
    assert len(ratios) > 2
    assert values[Measure("disparate_impact_ratio")] == min(ratios)


def test_the_whole_window_goes_before_its_hours_and_the_worst_group_where_there_is_no_whole():
    def finding(metric, column, group, value):
        return Finding(Family.OPERATIONS, metric, column, group, value)

    values = values_of([
        finding("error_rate", None, "an hour", 0.5),
        finding("error_rate", None, None, 0.02),
        finding("accuracy_drop", None, "a day", 0.1),
        finding("accuracy_drop", None, "another day", 0.2),
        finding("output_entropy_change", "score", None, -0.4),
        finding("output_entropy_change", "class", None, 0.3),
        finding("psi", "age", None, None),
    ])  # fmt: skip
    assert values == {
        Measure("error_rate"): 0.02,
        Measure("accuracy_drop"): 0.2,
        Measure("output_entropy_change", "score"): -0.4,
        Measure("output_entropy_change", "class"): 0.3,
        Measure("output_entropy_change"): -0.4,
    }
