"""Issues and pages on both databases: an incident has one of each, whoever is first."""

from datetime import UTC, datetime, timedelta

import pytest

from storage import outside
from storage.tables import Incident, Model, Page

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ID = "INC-2026-03-001"


@pytest.fixture
def session(database):
    with database.write() as session:
        session.add(Model(id="m", name="M", risk="high", registered_at=NOW))
        session.flush()
        session.add(Incident(id=ID, model_id="m", family="data", severity="high", state="detected", channel="c",
                             opened_at=NOW))  # fmt: skip
        session.flush()
        yield session


def test_an_incident_has_one_issue_and_the_first_name_of_it_holds(session):
    assert outside.open_case(session, ID, "github", NOW)
    assert not outside.open_case(session, ID, "github", NOW)
    assert outside.name_case(session, ID, "7", "https://github.com/acme/x/issues/7")
    assert not outside.name_case(session, ID, "8", "https://github.com/acme/x/issues/8")
    outside.leave_case(session, ID, {"told": [1]}, NOW)
    session.expire_all()
    case = outside.case_of(session, ID)
    assert (case.reference, case.left) == ("7", {"told": [1]})


def test_a_page_called_again_meanwhile_is_not_taken_for_told(session):
    def call(at):
        outside.wanted(session, Page(incident_id=ID, pager="ops", dedup_key="k", state="owed", at=at))

    call(NOW)
    page = outside.page_with(session, "ops", "k")
    session.expunge(page)
    call(NOW + timedelta(minutes=5))
    assert not outside.told(session, page, "triggered")
    session.expire_all()
    (page,) = outside.pages(session, ID)
    assert (page.state, page.at) == ("owed", NOW + timedelta(minutes=5))
    assert outside.told(session, page, "triggered")
