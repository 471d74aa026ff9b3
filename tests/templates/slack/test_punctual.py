"""The figures of how deadlines were kept."""

from storage.clocks import Kept
from templates.slack import limits, punctual


def kept(kind="contain", severity="critical", **more):
    values = {"started": 5, "met": 2, "late": 1, "breached": 2, "stopped": 1, "median_s": 3_000.0} | more
    return Kept(kind=kind, severity=severity, **values)


def test_each_deadline_has_its_median_and_its_counts():
    shown = punctual.message([kept(), kept(severity="medium", met=0, late=0, breached=0, median_s=None)], 30, 7, 2)
    text = str(shown.blocks)
    assert shown.text == "The last 30 days: 7 incidents opened, 2 of them reopened."
    assert "Time to contain" in text
    assert "🔴 Critical: median *50 min* · 2 of 3 in time · 1 owed · *1 overdue*" in text
    assert "🟡 Medium: none met yet · 4 owed" in text
    assert text.index("Critical") < text.index("Medium")
    assert limits.lint(shown.blocks, shown.text) == []


def test_nothing_is_said_to_be_nothing():
    assert "No deadline has begun." in str(punctual.message([], 1, 0, 0).blocks)
