"""How a candidate did, in words and as a table: whatever was kept, it is told within Slack's limits."""

import pytest

from templates import validated
from templates.slack import limits
from templates.slack.blocks import section

SIDE = {"value": 0.63, "interval": [0.55, 0.71]}
KEPT = {
    "passes": False,
    "candidate": "2.0.1",
    "reasons": [{"why": "accuracy", "severity": None, "finding": None}],
    "table": [
        {"metric": "disparate_impact_ratio", "column": "sex", "candidate": SIDE, "champion": SIDE, "baseline": {},
         "fails": True},
        {"metric": "disparate_impact_ratio", "column": "race", "candidate": SIDE, "champion": SIDE, "baseline": SIDE},
        {"metric": "equal_opportunity_difference", "column": "sex",
         "candidate": {"value": 0.004, "interval": [-0.05, 0.06]}, "champion": {"value": None},
         "baseline": SIDE},
        {"metric": "accuracy", "column": None, "candidate": {"value": 0.755, "interval": None}, "champion": {},
         "baseline": {}},
    ],
    "groups": [
        {"column": "sex", "lowest": "Female", "highest": "Male", "champion": [0.28, 0.45], "candidate": [0.38, 0.39],
         "is_alike": True, "was_alike": False},
        {"column": "race", "lowest": "a", "highest": "b", "champion": [0.3, 0.3], "candidate": [0.3, 0.3],
         "is_alike": True, "was_alike": True},
    ],
    "same_requests": {"rows": 1000, "champion": 780, "candidate": 750, "drop": 0.03, "allowed_drop": 0.02},
}  # fmt: skip


def test_plain_words_first():
    assert validated.plain(KEPT) == (
        "It is right less often than the champion, by 3.0 points; the policy allows 2.0 points. "
        "The candidate treats Female and Male alike again (sex): 38 % and 39 % approved (champion 28 % and 45 %). "
        "It is right for 75 % of 1,000 requests whose outcome is known; the champion for 78 % of the same."
    )


def test_the_thread_shows_what_matters_and_a_question_all_of_it():
    cells = [[cell["text"] for cell in row] for row in validated.table(KEPT)[0]["rows"]]
    assert cells == [
        ["Measured", "Candidate", "Champion", "Baseline"],
        ["🔺 Approval ratio, sex", "0.63", "0.63", "–"],
        ["95 % sure", "0.55 to 0.71", "0.55 to 0.71", "–"],
        ["Gap if qualified, sex", "0.4 pts", "–", "63.0 pts"],
        ["95 % sure", "−5 to 6", "–", "55 to 71"],
        ["Right answers", "75.5 %", "–", "–"],
    ]
    assert len(validated.table(KEPT, whole=True)[0]["rows"]) == 8


@pytest.mark.parametrize("kept", [
    {},
    {"reasons": "x", "table": [1], "groups": None, "same_requests": 3},
    {"reasons": [{"why": "alert", "finding": {"metric": 1}}], "groups": [{}], "table": [{"metric": None}]},
    KEPT | {"groups": [KEPT["groups"][0] | {"lowest": "<!channel>", "highest": "*x*" * 900}]},
])  # fmt: skip
def test_whatever_was_kept_it_is_told_within_limits(kept):
    lines, table = validated.sentences(kept), validated.table(kept, whole=True)
    assert lines
    assert "<!channel>" not in " ".join(lines)
    assert limits.lint([section(*lines), *table], "text") == []
