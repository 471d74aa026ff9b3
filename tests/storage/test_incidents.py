"""A move is a compare-and-set, and whoever comes second begins anew; a view has all that the incident has."""

from datetime import UTC, datetime

import pytest
from sqlmodel import col, update

from analysis.vocabulary import State
from storage import incidents, seldom
from storage.database import Again
from storage.tables import (
    AffectedList,
    Alert,
    Approval,
    Assignment,
    Bundle,
    FollowUp,
    Incident,
    Model,
    ModelVersion,
    OversightChange,
    PersonReport,
    Quiet,
    RetrainRequest,
    ReviewItem,
    RootCause,
    TrackerCase,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_who_comes_second_begins_anew_and_leaves_nothing(database):
    with database.write() as session:
        session.add(Model(id="m", name="m", risk="high", registered_at=NOON))
        session.flush()
        session.add(Incident(id="INC-1", model_id="m", family="data", severity="high", state="detected", channel="c",
                             opened_at=NOON))  # fmt: skip
    with pytest.raises(Again), database.write() as session:
        incident = incidents.get(session, "INC-1")
        incidents.note(session, "INC-1", "system", "recovered", NOON)
        theirs = update(Incident).where(col(Incident.id) == "INC-1").values(version=7)
        session.exec(theirs.execution_options(synchronize_session=False))
        incidents.advance(session, incident, State.CONTAINED)
    with database.read() as session:
        assert (incidents.get(session, "INC-1").state, incidents.latest(session, "INC-1")) == ("detected", None)


COMMON = {"incident_id": "INC-1"}
SELDOM = {
    "affected": [AffectedList(number=1, period="day", requested_by="U1", requested_at=NOON, next_at=NOON, **COMMON)],
    "approvals": [Approval(id="APR-1", verb="unfreeze", subject="INC-1", bound_to="", requested_by="U1",
                           requested_at=NOON, expires_at=NOON)],
    "bundles": [Bundle(version=1, incident_version=1, requested_by="U1", requested_at=NOON, next_at=NOON, **COMMON)],
    "duties": [Assignment(duty="commander", person="U1", by="U1", at=NOON, **COMMON)],
    "follow_ups": [FollowUp(id="FUP-1", kind="other", needed="afterwards", what="", owner="U1", due_at=NOON, by="U1",
                            at=NOON, **COMMON)],
    "others": [Incident(id="INC-2", model_id="m", family="data", severity="high", state="contained", channel="c",
                        opened_at=NOON)],
    "oversight": [OversightChange(model_id="m", sequence=1, level=2, reason="", by="U1", at=NOON)],
    "queue": [ReviewItem(model_id="m", request="r-1", handle="r-1", level=3, at=NOON)],
    "quiet": [Quiet(id="QUI-1", kind="snooze", reason="", by="U1", starts_at=NOON, ends_at=NOON, **COMMON)],
    "reports": [Alert(id="ALR-1", fingerprint="f", model_id="m", family="data", severity="high", first_at=NOON,
                      last_at=NOON, **COMMON),
                PersonReport(alert_id="ALR-1", kind="complaint", severity="high", by="U1", at=NOON, description="")],
    "retrains": [RetrainRequest(id="RTR-1", model_id="m", requested_by="U1", requested_at=NOON, next_at=NOON, reason="",
                                **COMMON)],
    "root_causes": [RootCause(number=1, cause_type="data", trigger="", cause="", corrective="", preventive="", by="U1",
                              at=NOON, **COMMON)],
    "serving": [ModelVersion(model_id="m", version="1", registered_by="U1", registered_at=NOON)],
    "case": [TrackerCase(tracker="github", at=NOON, **COMMON)],
}  # fmt: skip


@pytest.mark.parametrize("name", SELDOM)
def test_what_it_has_seldom_is_found_where_it_has_it_and_shown(database, name):
    with database.write() as session:
        session.add(Model(id="m", name="m", risk="high", registered_at=NOON))
        session.flush()
        session.add(Incident(id="INC-1", model_id="m", family="data", severity="high", state="detected", channel="c",
                             opened_at=NOON))  # fmt: skip
        session.flush()
        assert seldom.had(session, "INC-1", "m") == frozenset()
        for row in SELDOM[name]:
            session.add(type(row)(**row.model_dump()))
            session.flush()
        assert seldom.had(session, "INC-1", "m") == {name}
        assert getattr(incidents.view(session, "INC-1"), name)


def test_each_of_it_has_its_case():
    assert set(SELDOM) == set(seldom._ROWS)
