"""One sentence says where a change comes from, and what cannot be told."""

from dataclasses import replace

import pytest

from analysis.detection.alerts import Alert
from analysis.detection.origins import Basis, Origin, Part, Source, Untold
from templates import origins
from templates.slack import incident, limits, modals

MODEL = Part(Source.MODEL, (), -0.069, (-0.076, -0.061), 0.85)
AGE = Part(Source.FEATURE, ("age",), -0.0161, (-0.02, -0.01), 0.2)
PEOPLE = Part(Source.MIX, ("sex", "race"), 0.004, (-0.001, 0.009), -0.05)
DROP = Origin("accuracy_drop", None, 0.8, 0.719, (-0.09, -0.07), (MODEL, AGE, PEOPLE))


def test_the_largest_part_has_its_interval_and_a_part_the_other_way_a_minus():
    assert origins.told(DROP, ("2.0.0",)) == (
        "Of the 8.1-point drop in accuracy, 6.9 (6.1 to 7.6) come from the model itself (version 2.0.0), "
        "1.6 from the shift of age, −0.4 from a different mix of people (sex, race)."
    )


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ((MODEL, AGE, PEOPLE), "Of the change, 85 % from the model itself (version 2), 20 % from the shift of age."),
        ((replace(MODEL, share=0.97),), "Nearly all of the change comes from the model itself (version 2)."),
    ],
)
def test_the_message_says_it_in_plain_words(make, parts, says):
    alert = Alert.from_json(make.view().alerts[0].details)
    assert origins.plainly(replace(alert, origins=(replace(DROP, parts=parts),), versions=("2",))) == says


def test_parts_of_nothing_are_left_out():
    nothing = replace(AGE, value=-0.0001)
    assert "age" not in origins.told(replace(DROP, parts=(MODEL, nothing)), ())
    assert "come from" in origins.told(replace(DROP, parts=(nothing,)), ())


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ("disparate_impact_ratio", "Of the fall of disparate impact (sex) by 0.08, 0.07 (0.06 to 0.08) come from"),
        ("demographic_parity_difference", "Of the 8.1 points by which the gap in approvals (sex) shrank, 6.9 ("),
    ],
)
def test_gaps_and_ratios_have_units_of_their_own(metric, says):
    assert origins.told(replace(DROP, metric=metric, column="sex"), ()).startswith(says)


def test_what_cannot_be_told_is_said():
    mixed = origins.told(replace(DROP, untold=("kind", "x")), ("2",))
    assert "from the model itself (version 2), or from kind and x: not to be told apart, 1.6 from the shift" in mixed
    for reason in Untold:
        assert "cannot be told: " in origins.told(replace(DROP, parts=(), reason=reason), ())
    assert "without reading the baseline's log" in origins.told(replace(DROP, basis=Basis.PROFILES), ("2",))


def test_the_message_and_the_report_of_an_incident_say_it(make, now):
    view = make.view()
    view.alerts[0].details["origins"] = [replace(DROP, untold=(make.nasty,)).to_json()]
    message = incident.message(view, now)
    assert limits.lint(message.blocks, message.text) == []
    assert "Of the change, 85 % from" in str(message.blocks)
    assert "Of the 8.1-point drop in accuracy" in str(modals.document(view, now))


def test_an_alert_of_an_older_version_says_nothing_of_it(make, now):
    view = make.view()
    view.alerts[0].details.pop("origins", None)
    assert "come from" not in str(incident.message(view, now).blocks)
