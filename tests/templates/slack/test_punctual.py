"""The figures of how deadlines were kept."""

from datetime import timedelta

from analysis.response.figures import Figure, Seen, measure
from analysis.response.terms import Terms
from analysis.vocabulary import Severity
from storage.clocks import Kept
from templates.slack import goals, limits, punctual

HOUR = timedelta(hours=1)
TERMS = {Severity.CRITICAL: Terms.model_validate({"contain": "1 h", "root_cause": "24 h"})}
SEEN = Seen(
    {
        (Figure.CONTAIN, Severity.CRITICAL): (HOUR, 2 * HOUR, 5 * HOUR),
        (Figure.ROOT_CAUSE, Severity.CRITICAL): (24 * HOUR,),
        (Figure.RESOLVE, Severity.CRITICAL): (30 * HOUR,),
    },
    opened=7,
    reopened=2,
    repeated=2,
    policy_lags=(timedelta(days=6), timedelta(days=1)),
    breaches=2,
)


def kept(kind="contain", severity="critical", **more):
    values = {"started": 5, "met": 2, "late": 1, "breached": 2, "stopped": 1, "median_s": 3_000.0} | more
    return Kept(kind=kind, severity=severity, **values)


def test_each_deadline_has_its_median_and_its_counts():
    clocks = [kept(), kept(severity="medium", met=0, late=0, breached=0, median_s=None)]
    shown = punctual.message(clocks, measure(SEEN, TERMS), SEEN, 30)
    text = str(shown.blocks)
    assert shown.text == "The last 30 days: 7 incidents opened, 2 of them reopened."
    assert "Time to contain" in text
    assert "🔴 Critical: median *50 min* · 2 of 3 in time · 1 owed · *1 overdue*" in text
    assert "🟡 Medium: none met yet · 4 owed" in text
    assert text.index("Critical") < text.index("Medium")
    assert limits.lint(shown.blocks, shown.text) == []


def test_nothing_is_said_to_be_nothing():
    assert "No deadline has begun." in str(punctual.message([], [], Seen({}), 1).blocks)


def test_each_figure_stands_against_its_target():
    text = str(punctual.message([], measure(SEEN, TERMS), SEEN, 30).blocks)
    assert "🔺 Time to contain (critical): *2 h*, target at most 1 h" in text
    assert "✅ Time to resolve (critical): *1 d 6 h*" in text  # no target
    assert "🔺 Incidents that came back: *29 %*, target under 5 %" in text
    assert "✅ Time from a review to its update: *6 d*, target at most 7 d" in text
    assert "🔺 Deadlines missed: *2*, target none" in text
    assert "✅ Critical incidents open: *0*, target none" in text


def test_a_week_names_what_misses_its_target_or_that_nothing_does():
    assert [line.split(":")[0] for line in goals.lines(measure(SEEN, TERMS))] == [
        "🔺 Time to contain (critical)", "🔺 Incidents that came back", "🔺 Deadlines missed",
    ]  # fmt: skip
    well = Seen(SEEN.spans | {(Figure.CONTAIN, Severity.CRITICAL): (HOUR,)}, opened=7)
    assert goals.lines(measure(well, TERMS)) == ["✅ Every figure of the response is within its target."]
