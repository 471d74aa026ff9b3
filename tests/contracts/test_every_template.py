"""Every document renders with nothing left undefined, and every row of the code has its words."""

from itertools import product

import pytest

from analysis.detection.limits import DEFAULTS
from analysis.metrics.table import METRICS
from analysis.vocabulary import Family, Oversight, Role, Severity, State
from templates import documents, figures, names, plain, regulation, steps
from templates.documents import DOCUMENTS, Notice
from templates.slack import retrain, status
from tests.templates.views import NASTY, NOW, Maker

CASES = list(product(DOCUMENTS, Family, (State.DETECTED, State.CONTAINED, State.RESOLVED)))
SECTIONS = (
    "Executive summary", "Details", "Timeline", "Root cause", "Impact", "Resolution", "Lessons", "Recommendations",
    "Follow-ups",
)  # fmt: skip


@pytest.mark.parametrize(("name", "family", "state"), CASES)
def test_a_document_renders_whatever_is_known(name, family, state):
    make = Maker()
    for view in (make.view(family, state), make.handled(make.view(family, state))):
        text = documents.render(name, view, NOW)
        assert "INC-2026-11-007" in text
        assert "None" not in text.replace("None recorded", "").replace("None open", "").replace("None planned", "")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_from_outside_is_markup_in_a_document(name):
    make = Maker()
    view = make.handled(make.view(name=NASTY, many=200), NASTY)
    text = documents.render(name, view, NOW)
    assert str(7919 * 7919) not in text
    if not name.endswith(".txt"):
        assert "<script>alert" not in text
    if name.endswith(".md"):
        assert "\n> q" not in text


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.startswith("incident_report")])
def test_a_report_has_every_section(name):
    text = documents.render(name, Maker().view(), NOW)
    assert [section for section in SECTIONS if section in text] == list(SECTIONS)


@pytest.mark.parametrize("audience", ["internal", "leadership", "customers", "regulator"])
@pytest.mark.parametrize(
    ("state", "head"), [(State.DETECTED, "ALERT"), (State.CONTAINED, "UPDATE"), (State.RESOLVED, "RESOLVED")]
)
def test_a_notification_suits_its_stage_and_audience(audience, state, head):
    view = Maker().handled(Maker().view(state=state), "biased")
    text = documents.render("notification.txt", view, NOW, Notice(audience, "Sam", "in 1 h"))
    assert text.startswith(f"Subject: INCIDENT {head}")
    assert text.rstrip().endswith("Questions: Sam")
    assert ("DETAILS" in text) == (audience != "customers")


@pytest.mark.parametrize("audience", ["customers", "regulator"])
@pytest.mark.parametrize("state", [State.DETECTED, State.CONTAINED, State.RESOLVED])
def test_names_and_words_of_people_stay_inside(audience, state):
    view = Maker().handled(Maker().view(state=state), "Sam said so")
    assert "Sam said so" in documents.render("notification.txt", view, NOW)
    assert "Sam said so" not in documents.render("notification.txt", view, NOW, Notice(audience))


def test_a_document_that_is_none_is_refused():
    with pytest.raises(KeyError):
        documents.render("../policy.yaml", Maker().view(), NOW)


def test_every_document_is_there_and_no_other():
    from pathlib import Path

    files = {path.name.removesuffix(".j2") for path in Path(documents.__file__).parent.glob("*.j2")}
    assert files == set(DOCUMENTS)


@pytest.mark.parametrize("metric", sorted({*METRICS, *DEFAULTS}))
def test_every_metric_has_a_name_and_a_unit(metric):
    assert names.METRIC[metric].unit in figures.UNITS
    assert names.measured(metric)


@pytest.mark.parametrize("family", Family)
def test_every_family_has_its_words(family):
    assert names.FAMILY[family]
    assert steps.LOOK[family]
    assert regulation.touched(family, Severity.CRITICAL, [])
    assert plain.affected(family, None)


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_words(state):
    assert names.STATE[state]
    assert len(steps.following(Maker().view(state=state))) <= 3


def test_every_severity_role_and_level_has_its_words():
    assert set(names.SEVERITY) == set(names.SIGN) == set(steps.RESTRAIN) == set(Severity)
    assert set(names.ROLE) == set(Role)
    assert set(names.LEVEL) == set(Oversight)


def test_every_status_of_a_retrain_has_its_words():
    assert set(status.RETRAIN) == set(steps.RUNNING) == set(retrain.STANDS) == set(retrain.SIGN)
