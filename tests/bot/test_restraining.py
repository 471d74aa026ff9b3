"""A freeze holds what it says: nobody frees a critical model by way of a lesser incident, a fallback or a slip."""

import json
from datetime import timedelta

import pytest
from sqlmodel import select

from analysis.response.outcomes import Kind
from bot.board import Board
from bot.operations import incidents
from bot.operations.doing import Request, on_worst
from storage import registry
from storage.tables import Approval, Incident
from templates import approvals
from tests.bot.lived import INCIDENT, LEAD, MODEL, ONCALL, do, entries, later, lesser, says, taken
from tests.bot.rolled import register

pytestmark = pytest.mark.databases("sqlite")  # what is decided here is decided before anything is written

OTHER = "INC-2026-03-009"


@pytest.fixture
def services(night):
    """The night of the fairness alert; the on-call person has it."""
    yield from taken(night)


@pytest.fixture
def other(services):
    """A lesser incident of the same model, open too."""
    with services.transaction() as session:
        mine = session.get(Incident, INCIDENT)
        session.add(Incident(**mine.model_dump() | {"id": OTHER, "severity": "medium"}))
    return OTHER


def told(services):
    return json.loads(Board(services).read(MODEL)[1].body)


def freeze(services, incident=INCIDENT, **fields):
    return do(services, "freeze", ONCALL, incident=incident, **{"level": "4", "reason": "unfair", **fields})


def test_a_critical_freeze_is_not_lifted_alone_through_a_stricter_one_of_a_lesser_incident(services, other):
    freeze(services, level="3")
    freeze(services, other, segment="sex=Female")
    assert do(services, "unfreeze", LEAD, incident=other, reason="well again").kind is Kind.REQUESTED
    assert told(services)["level"] == 3


def test_what_a_critical_incident_relies_on_is_not_lifted_alone_whoever_froze_it(services, other):
    freeze(services, other)
    assert do(services, "unfreeze", LEAD, incident=other, reason="well again").kind is Kind.REQUESTED
    assert freeze(services, other, level="2").kind is Kind.REQUESTED
    assert told(services)["level"] == 4


def test_nor_does_it_end_by_itself(services, other):
    freeze(services, other, until=(services.clock.now + timedelta(hours=1)).isoformat())
    later(services, hours=2)
    assert told(services)["level"] == 4
    assert [one["level"] for one in entries(services, "restraint_due", OTHER)] == [4]


def test_where_no_incident_is_critical_one_person_is_enough(services):
    freeze(lesser(services))
    assert do(services, "unfreeze", LEAD, reason="well again").changed
    assert told(services)["level"] == 0


def test_what_serves_now_is_served_instead_of_nothing(services):
    register(services, "1.0.0", "0.9.0", champion="1.0.0")  # which the policy names as fallback
    assert freeze(services).changed
    assert (told(services)["level"], told(services)["fallback"]) == (4, None)
    assert "The fallback cannot be 1.0.0, which serves now" in says(freeze(services, fallback="1.0.0"))


def test_the_registry_names_the_fallback_and_what_may_not_serve_is_none(services):
    register(services, "1.0.0", "0.9.0", "2.0.0", champion="2.0.0", fallback="0.9.0")
    freeze(services)
    assert told(services)["fallback"] == "0.9.0"
    with services.transaction() as session:
        row = registry.version(session, MODEL, "0.9.0")
        row.mismatch = "artefact changed"
        session.add(row)
    freeze(services)
    assert told(services)["fallback"] == "1.0.0"
    assert "may not serve: artefact changed" in says(freeze(services, fallback="0.9.0"))


@pytest.mark.parametrize(("level", "fallback"), [("1", None), ("2", None), ("3", "1.0.0"), ("4", "1.0.0")])
def test_a_model_that_still_decides_goes_on_unless_somebody_names_another(services, level, fallback):
    freeze(services, level=level)
    assert told(services)["fallback"] == fallback


def test_a_paused_model_that_answers_nothing_is_not_given_an_answer_alone(services):
    register(services, "1.0.0", "0.9.0", champion="1.0.0")
    freeze(services)
    assert freeze(services, fallback="0.9.0").kind is Kind.REQUESTED
    with services.database.read() as session:
        assert approvals.title(session.exec(select(Approval)).one().verb) == "Restrain the model less"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("segment", "sxe=Female", "“sxe” is no column of the log: age, age_band"),
        ("segment", "sex=female", "“female” is no value of sex in the log: Male, Female"),
        ("throttle", "20/s burst 0", "write 20/s"),
    ],
)
def test_a_slip_of_the_pen_freezes_nobody_or_everybody_so_it_is_refused(services, field, value, words):
    assert words in says(freeze(services, **{field: value}))
    assert told(services)["level"] == 0


def test_a_pause_never_waits_for_others_whatever_it_leaves_out(services):
    freeze(services, level="3", throttle="1/s")
    assert freeze(services).changed
    assert told(services)["level"] == 4


def test_a_stricter_freeze_is_done_though_the_incident_went_on_while_it_was_filled_in(services):
    def late(**fields):
        given = {"reason": "unfair", **fields}
        return incidents.move(services, Request("freeze", INCIDENT, ONCALL, "detected", 0, given))

    assert late(level="3").kind is Kind.DONE
    assert "was first" in says(late(level="3"))
    assert "was first" in says(late(level="2"))
    assert "write 20/s" in says(late(level="4", throttle="few"))
    assert late(level="4").kind is Kind.DONE
    assert told(services)["level"] == 4


def test_a_value_that_the_log_did_not_have_before_can_be_frozen(services):
    assert "paused for channel=kiosk." in says(freeze(services, segment="channel=kiosk")).replace("`", "")


def test_what_the_bot_tells_of_a_model_stands_with_its_worst_incident(services, other):
    with services.transaction() as session:
        assert on_worst(services, session, MODEL, "cases_full", services.clock()).incident.id == INCIDENT
        assert on_worst(services, session, "another", "cases_full", services.clock()) is None
