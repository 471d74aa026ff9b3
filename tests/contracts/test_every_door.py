"""Every move × role × state × door: a modal or button, HTTP and the command line give one answer, for one reason."""

from itertools import product

import pytest

from analysis.response import fields, life
from analysis.response.fields import Form
from analysis.response.life import MOVES
from analysis.telling import Telling
from analysis.vocabulary import Role, State
from bot.operations import incidents, reporting
from bot.operations.doing import Request
from bot.services import Services
from storage import counters
from templates import names
from tests.bot import rolled
from tests.bot.test_life import services  # noqa: F401  (a fixture)
from tests.contracts.doors import INCIDENT, OTHER, WHO, Doors, bad, good

pytestmark = pytest.mark.databases("sqlite")  # the rules are the same on both

DOORS = ("slack", "http", "shell")
FIRST = (State.ACKNOWLEDGED, State.RESOLVED, State.DETECTED)
WAITS = Telling(name="customers", stage="contained", to=("channel:general",), release=("product_owner",))
CAUSE = {
    "cause_type": "model", "trigger": "x", "cause": "x", "corrective": "x", "owner": OTHER, "due": "2026-03-20",
    "preventive": "x",
}  # fmt: skip
RUNS_ALREADY = ("confirm", "retrain")  # the regulator's clock, a pipeline
# So that there is something for every verb to be done to.
BEFORE = (
    ("freeze", {"level": "4", "fallback": "", "reason": "x"}),
    ("confirm", {"reason": "x"}),
    ("retrain", {"reason": "x", "notes": "", "baseline": ""}),
    ("root_cause", CAUSE),
    ("follow_up_done", {"follow_up": "FUP-1", "note": ""}),
    ("follow_up", {"what": "x", "owner": OTHER, "due": "2026-03-20", "needed": "afterwards"}),
)


@pytest.fixture
def doors(services: Services) -> Doors:  # noqa: F811
    """The night of the fairness alert, some way on, with two reports beside it of which one was merged into it."""
    services.policy = services.policy.model_copy(update={"stakeholders": (WAITS,)})
    made = Doors(services)
    rolled.rolled_back(services, "Because & so")
    with services.transaction() as session:
        counters.retrain_id(session)  # that of the candidate
    made.hold(*Role)
    for number, kind in enumerate(("complaint", "outage")):
        told = {"kind": kind, "model": "income-prequal", "severity": "", "revenue": "", "description": "x"}
        assert reporting.report(services, reporting.Wish(WHO, told, f"d{number}", f"s{number}")).changed
    joined = Request("merge", "INC-2026-03-002", WHO, fields={"into": INCIDENT, "reason": "x"})
    assert incidents.move(services, joined).changed
    for verb, given in BEFORE:
        outcome = incidents.move(services, Request(verb, INCIDENT, WHO, fields=given))
        assert outcome.changed, (verb, incidents.told(outcome))
    resting = good(made.view(), "pause_clock")
    made.hold(*Role)
    assert incidents.move(services, Request("pause_clock", INCIDENT, WHO, fields=resting)).changed
    made.set(severity="medium")
    made.keep()
    return made


def test_each_verb_does_the_same_through_each_door(doors):
    for verb, move in MOVES.items():
        doors.put_back()
        doors.set(state=next(state for state in FIRST if state in move.source).value)
        given = good(doors.view(), verb)
        doors.keep()
        found = {}
        for door in DOORS:
            doors.put_back()
            doors.hold(*Role)
            found[door] = (doors.through(door, verb, given), doors.told())
        (slack, left), (http, _), (shell, _) = found.values()
        assert http == shell, verb
        assert http.kind in ("done", "requested") or verb in RUNS_ALREADY, (verb, http)
        assert slack.says in ("", http.says), verb
        assert [one for _, one in found.values()] == [left] * 3, verb


def test_each_role_in_each_state_is_answered_by_the_table(doors):
    """Each verb meets each role once, and states and doors so that they come up evenly."""
    cases = [(number % len(State), verb, role) for number, (verb, role) in enumerate(product(MOVES, Role))]
    for number, (index, verb, role) in enumerate(sorted(cases, key=lambda case: case[0])):
        state, door = tuple(State)[index], DOORS[number % len(DOORS)]
        doors.hold(role)
        if doors.state() is not state:
            doors.set(state=state.value)
        answer, row = doors.through(door, verb, {}), doors.last()
        assert (row.actor, row.action) == (WHO, verb)
        check(verb, state, role, (answer.says, row.outcome, row.data.get("reason")))


def check(verb, state, role, found):
    """Hold the answer against the table of moves."""
    says, outcome, why = found
    case = (verb, state, role, found)
    if role not in MOVES[verb].by:
        assert (outcome, why) == ("refused", "not_allowed"), case
        could = names.listed([names.ROLE[one] for one in Role if one in MOVES[verb].by], "or")
        assert not says or f"This needs one of: {could}." in says, case
    elif life.is_done(verb, state):
        assert outcome in ("already", "stale"), case
        assert not says or "Nothing was changed" in says, case
    elif state not in MOVES[verb].source:
        assert (outcome, why) == ("refused", "not_now"), case
        assert not says or "Not possible while the incident is" in says, case
    else:
        assert why not in ("not_allowed", "not_now"), case


def test_what_is_amiss_in_a_form_is_one_clear_sentence_at_each_door(doors):
    view, before = doors.view(), None
    doors.hold(*Role)
    for verb, move in MOVES.items():
        given = good(view, verb)
        doors.set(state=next(state for state in FIRST if state in move.source).value)
        before = before or doors.timeline()
        amiss = [(asked, *one) for asked in move.asks for one in bad(asked).items()]
        for asked, what, value in amiss:
            name = asked.rstrip("?")
            ways = [door for door in DOORS if door != "slack" or can_be_picked(asked)]
            said = {door: doors.through(door, verb, given | {name: value}).says for door in ways}
            assert said["http"] == said["shell"], (verb, name, what)
            assert all(is_clear(one) for one in said.values()), (verb, name, what, said)
            row = doors.last()
            assert (row.action, row.outcome) == (verb, "refused"), (verb, name, what, row.data)
    assert doors.timeline() == before


def can_be_picked(asked):
    """Whether Slack's element can hold something wrong: a picker holds a time or nothing, which may well be right."""
    return not (fields.is_optional(asked) and fields.of(asked.rstrip("?")).form is Form.MOMENT)


def is_clear(said):
    """Whether it is a sentence or two that say something, in words for people."""
    return 10 < len(said) < 400 and said[-1] in ".?:" and not set("{}\\\n") & set(said) and "None" not in said


def test_what_no_form_asks_for_is_refused_and_written_down(doors):
    doors.hold(*Role)
    said = [doors.through(door, "freeze", {"colour": "red"}).says for door in DOORS]
    assert len(set(said)) == 1
    assert "is no field of this move" in said[0]
    assert (doors.last().action, doors.last().outcome) == ("freeze", "refused")


@pytest.mark.parametrize("door", ["http", "shell"])
def test_what_no_database_keeps_and_what_nobody_should_read_is_taken_out(doors, door):
    doors.hold(*Role)
    assert doors.through(door, "update", {"note": "a\x00b xoxb-1-2-3"}).kind == "done"
    assert doors.timeline()[-1].facts["note"] == "a\ufffdb xox…"
