"""Charts: drawn for every family, the same bytes for the same records, told in words for who cannot see them."""

import struct
from dataclasses import replace

import pytest

from analysis.vocabulary import Family
from templates import chart, drawing

DRAWN = [family for family in Family if family is not Family.SECURITY]
TELLS = {
    Family.FAIRNESS: "Female 28 %, before 46 %",
    Family.DATA: "Shift of values by input: Female 0.33",
    Family.QUALITY: "Female (more missing values) 33 %, before 4 %",
    Family.MODEL: "share of right answers 65 %, before 74 %",
    Family.EXPLANATION: "Before: Female, b, c. Now: b, Female, d.",
    Family.OPERATIONS: "Failed requests: before 0.3 %, whole window 2.4 %, worst hours 33 %",
}


@pytest.mark.parametrize("family", DRAWN)
def test_each_family_is_drawn_and_told(make, family):
    picture = chart.of(make.view(family))
    assert picture.png.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture.png[16:24]) == (1600, 840)
    assert TELLS[family] in picture.alt


@pytest.mark.parametrize("family", DRAWN)
def test_the_same_records_give_the_same_bytes(make, family):
    assert chart.of(make.view(family)).png == chart.of(make.view(family)).png


@pytest.mark.parametrize("family", DRAWN)
def test_nasty_names_are_drawn_without_a_warning(make, family):
    view = make.view(family, name=make.nasty, many=200)
    view.model.name = make.nasty
    assert chart.of(view).png


@pytest.mark.parametrize("family", [Family.SECURITY])
def test_what_has_no_drawing_has_no_picture(make, family):
    assert chart.of(make.view(family)) is None


@pytest.mark.parametrize("family", Family)
def test_without_a_report_there_is_no_picture(make, family):
    assert chart.of(replace(make.view(family), report={})) is None
    assert chart.of(replace(make.view(family), alerts=())) is None


@pytest.mark.parametrize("family", DRAWN)
def test_a_report_with_nothing_to_draw_gives_no_picture_or_a_plain_one(make, family):
    view = make.view(family)
    kept = {**view.report, "results": []}
    view.alerts[0].details["cause"]["facts"] = {}
    picture = chart.of(replace(view, report=kept))
    assert picture is None or picture.alt


@pytest.mark.parametrize("text", ["a$b$c", "漢\x00\n", "", "x" * 500])
def test_a_label_is_short_and_drawable(text):
    assert len(drawing.label(text)) <= 30
    assert "\x00" not in drawing.label(text)
