"""What people reported, in the message, the documents and the form: every kind, however nasty the words."""

from dataclasses import replace

import pytest

from analysis.response.reports import MEANS, Kind
from analysis.vocabulary import Severity
from storage.tables import PersonReport
from templates import documents, reported
from templates.documents import Notice
from templates.slack import incident, limits, lists, report, reporting
from tests.templates.views import NASTY, NOW


def seen(make, kind=Kind.BIAS, text=NASTY, many=1):
    """Return an incident that people reported."""
    view = make.view(MEANS[kind].family)
    alert = view.alerts[0]
    alert.run_id, alert.repeats = None, many
    alert.details = {"reported": kind.value, "description": text, "cause": {"metric": f"report:{kind}"}}
    quote = {"text": text, "author": "U0MLLEAD01", "channel": "C1", "ts": "1.2", "permalink": "https://x.test/2"}
    one = PersonReport(alert_id=alert.id, kind=kind.value, severity="high", revenue="none", description=text,
                       by="U0ONCALL01", at=NOW, quote=quote)  # fmt: skip
    return replace(view, report={}, reports=(one,) * many)


def test_every_kind_has_its_words_and_its_place():
    assert set(reported.NAMES) == set(MEANS) == set(Kind)
    assert sorted(one for group in reported.GROUPS.values() for one in group) == sorted(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_its_message_says_what_was_reported_and_nothing_in_it_is_markup(make, kind):
    for many in (1, 7):
        view = seen(make, kind, many=many)
        for blocks in (incident.message(view, NOW).blocks, report.blocks(view, NOW)):
            assert limits.lint(blocks, incident.notice(view)) == []
            assert "<!channel>" not in str(blocks)
            assert reported.NAMES[kind] in str(blocks)
            assert "https://x.test/2" in str(blocks)
    assert "seen in" not in lists.alert_line(view.alerts[0])


@pytest.mark.parametrize("name", documents.DOCUMENTS)
def test_documents_tell_it_and_only_inside(make, name):
    view = seen(make, text="Sam was refused")
    assert "Unfair treatment" in documents.render(name, view, NOW)
    if name.startswith("incident_report"):
        assert documents.render(name, view, NOW).count("Sam was refused") >= 2
    if name == "notification.txt":
        for audience in ("customers", "regulator"):
            assert "Sam was refused" not in documents.render(name, view, NOW, Notice(audience))


@pytest.mark.parametrize("quote", [None, {"text": NASTY}, {"text": ""}])
def test_the_form_keeps_to_slacks_limits(quote):
    view = reporting.form([(f"model-{number}", NASTY) for number in range(100)], quote, "trigger:1")
    assert limits.lint(view) == []
    assert "<!channel>" not in str(view["blocks"][:2])


@pytest.mark.parametrize("severity", Severity)
def test_who_reported_hears_where_it_went(severity):
    facts = {"incident": "INC-1", "channel": "x", "severity": severity.value}
    assert "is open in #x" in reporting.sent(facts)
    assert "This is known" in reporting.sent(facts | {"joined": True})
