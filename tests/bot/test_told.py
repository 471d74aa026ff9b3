"""What stakeholders and letters are told beneath the doors: at the stage of a rollback, and of remedies."""

import pytest
from sqlmodel import select

from analysis.telling import Telling
from storage import incidents
from storage.tables import Owed
from templates import documents
from tests.bot.lived import COMPLIANCE, INCIDENT, ONCALL, do, taken

pytestmark = pytest.mark.databases("sqlite")  # what is written here is tried on both databases elsewhere

TOLD = Telling(name="risk", stage="rolled_back", to=("product_owner",))


@pytest.fixture
def services(night):
    """The night of the fairness alert; the on-call person has it, and Risk wants to hear of a rollback."""
    for made in taken(night):
        made.policy = made.policy.model_copy(update={"stakeholders": (TOLD,)})
        yield made


def told(services):
    with services.database.read() as session:
        return session.exec(select(Owed.channel).where(Owed.kind == "told")).all()


@pytest.mark.parametrize(("level", "hears"), [("3", []), ("4", ["U0PRODOW01"])])
def test_a_rollback_is_told_once_the_fallback_decides_in_the_model_s_place(services, level, hears):
    do(services, "freeze", ONCALL, level=level, fallback="1.0.0", reason="It harms women")
    do(services, "update", ONCALL, note="1.0.0 decides")
    assert told(services) == hears


def test_what_came_of_a_remedy_stands_in_the_report_and_in_the_notice(services):
    offer = {"offer": "A person decides anew", "offered_to": "312 applicants", "outcome": "40 were reversed"}
    do(services, "remedy", COMPLIANCE, **offer)
    with services.database.read() as session:
        view = incidents.view(session, INCIDENT)
    for name in ("incident_report.md", "regulator_notice.txt"):
        text = documents.render(name, view, services.clock.now)
        assert "A person decides anew" in text, name
        assert "40 were reversed" in text, name
