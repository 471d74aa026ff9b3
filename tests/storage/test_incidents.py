"""A move is a compare-and-set: whoever comes second is told to begin anew, and nothing of what they did stays."""

from datetime import UTC, datetime

import pytest
from sqlmodel import col, update

from analysis.vocabulary import State
from storage import incidents
from storage.database import Again
from storage.tables import Incident, Model

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
