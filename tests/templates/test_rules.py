"""An alert by a rule of the policy: its name, its condition, what it read; all of it escaped."""

from dataclasses import replace

import pytest

from analysis.detection.alerts import Alert
from analysis.detection.findings import RULE, Finding, Reason
from analysis.vocabulary import Family, Severity, State, Verdict
from templates import chart, documents, plain, words
from templates.documents import DOCUMENTS
from templates.slack import incident, limits
from tests.templates.views import NASTY, NOW

FACTS = {
    "when": 'psi["age"] > 0.2 && error_rate > 0.01', "held": 2, "asked": 2, "names": ['psi["age"]', "error_rate"],
    "values": [0.31, 0.024],
}  # fmt: skip


def ruled(family=Family.DATA, **facts) -> Finding:
    return Finding(
        family, RULE, "drifting", verdict=Verdict.ALARM, severity=Severity.HIGH, reason=Reason.RULE_HOLDS,
        facts=FACTS | facts,
    )  # fmt: skip


def view_of(make, lead: Finding, state=State.DETECTED):
    view = make.view(lead.family, state, severity=Severity.HIGH)
    raised = Alert(lead.family, Severity.HIGH, lead, (), (RULE, str(lead.column)))
    stored = view.alerts[0]
    stored.details, stored.since = raised.to_json(), None
    return replace(view, alerts=(stored,))


def test_it_says_which_rule_what_it_read_and_what_it_says(make):
    said = plain.alert(view_of(make, ruled()).alerts[0])
    assert said == (
        "Your rule “drifting” holds in 2 checks in a row: psi[\"age\"] is 0.31 and error_rate is 2.4 %. "
        "It says: psi[\"age\"] > 0.2 && error_rate > 0.01."
    )  # fmt: skip


@pytest.mark.parametrize("family", Family)
def test_its_message_shows_rule_and_condition_in_every_family(make, now, family):
    view = view_of(make, ruled(family))
    message = incident.message(view, now)
    assert limits.lint(message.blocks, message.text) == []
    shown = str(message.blocks)
    assert "*drifting*" in shown
    assert "&amp;&amp; error_rate &gt; 0.01" in shown
    assert "not known" not in shown
    chart.of(view)


def test_what_people_wrote_in_it_neither_rings_nor_breaks_it(make, now):
    view = view_of(make, replace(ruled(when=NASTY, names=[NASTY, "error_rate"]), column=NASTY))
    message = incident.message(view, now)
    assert limits.lint(message.blocks, message.text) == []
    assert "<!channel>" not in str(message.blocks) + message.text


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_tells_it(make, name):
    text = documents.render(name, view_of(make, ruled()), NOW)
    assert "None" not in text.replace("None recorded", "").replace("None open", "").replace("None planned", "")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "The rule drifting (psi > 0.2) holds, in a row 1, needed 2: psi is 0.31."),
        ({"verdict": Verdict.OK, "reason": Reason.WITHIN}, "The rule drifting (psi > 0.2) does not hold: psi is 0.31."),
        (
            {"verdict": Verdict.NOT_COMPUTABLE, "reason": Reason.NOT_MEASURED},
            "The rule drifting (psi > 0.2) says nothing: what it asks about was not measured.",
        ),
    ],
)
def test_a_report_says_how_the_rule_went(more, says):
    found = ruled(when="psi > 0.2", held=1, names=["psi"], values=[0.31])
    assert words.finding(replace(found, **more)) == says
