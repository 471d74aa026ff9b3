"""People on an incident: who commands it, who was told what, and the channel of its own."""

import pytest

from bot.localslack.people import PEOPLE
from storage import incidents
from storage.tables import Owed, Person
from tests.world import whispers

pytestmark = pytest.mark.databases("sqlite")

LEAD, ONCALL, COMPLIANCE = (PEOPLE[name].id for name in ("ml_lead", "oncall", "compliance"))


def told(world, person):
    """Return what the bot told a person privately, newest last."""
    direct = world.slack.workspace.direct(person)
    return [str(message.blocks) for message in direct.messages.values() if message.bot]


def view(world):
    with world.bot.services.database.read() as session:
        return incidents.view(session, world.incident().id)


def duties(world):
    return {(one.duty, one.person) for one in view(world).duties}


def rooms(world):
    """Return the incident's own channels as the workspace has them."""
    return [one for one in world.slack.workspace.channels.values() if one.name.startswith("inc-")]


def later(world, seconds=6):
    """Let the looks at the channel gather, then be done."""
    world.clock.forward(seconds=seconds)
    world.settle()


def thread(world):
    return [reply["text"] for reply in world.alert()["replies"]]


def from_menu(world, verb, by):
    """Press a verb behind “More…”; return the menu."""
    alert = world.alert()["ts"]
    shown = world.ask("POST", "/_local/click", user=by, channel="ethixai-incidents", ts=alert, action_id="more")["view"]
    world.ask("POST", "/_local/click", user=by, view_id=shown["id"], action_id=f"move:{verb}")
    return shown


def test_who_acknowledges_a_critical_incident_commands_it_until_it_is_handed_over(fairness):
    assert "You command it" in whispers(fairness.press("acknowledge", by="oncall"))
    assert duties(fairness) == {("commander", ONCALL)}
    fairness.press("assign", by="oncall")
    seen = fairness.fill(by="oncall", duty="commander", person=LEAD, note="It began after release 7")
    assert seen["ok"]
    later(fairness)
    assert duties(fairness) == {("commander", LEAD)}
    assert any("handed commander over" in line for line in thread(fairness))
    assert "release 7" in told(fairness, LEAD)[-1]
    assert "Judge the severity" in told(fairness, LEAD)[-1]
    assert f"Commander: *{PEOPLE['ml_lead'].name}*" in str(fairness.alert()["blocks"])


def test_an_empty_person_is_oneself_and_a_second_time_changes_nothing(fairness):
    for _ in range(2):
        fairness.press("assign", by="compliance")
        fairness.fill(by="compliance", duty="compliance")
    assert duties(fairness) == {("compliance", COMPLIANCE)}
    fairness.settle()
    assert len(told(fairness, COMPLIANCE)) == 1


def test_several_experts_and_one_gives_the_duty_back(fairness):
    for name in ("ml_engineer", "senior_ml_engineer"):
        fairness.press("assign", by="ml_lead")
        fairness.fill(by="ml_lead", duty="expert", person=PEOPLE[name].id)
    assert len(duties(fairness)) == 2
    fairness.settle()
    assert "Give a duty back" in str(from_menu(fairness, "release", by="ml_lead")["blocks"])
    row = next(one for one in view(fairness).duties if one.person == PEOPLE["ml_engineer"].id)
    assert fairness.fill(by="ml_lead", assignment=str(row.id))["ok"]
    assert duties(fairness) == {("expert", PEOPLE["senior_ml_engineer"].id)}


def test_nobody_without_a_role_is_given_a_duty(fairness):
    fairness.press("assign", by="oncall")
    with fairness.bot.services.database.write() as session:
        session.get(Person, LEAD).is_active = False
    seen = fairness.fill(by="oncall", duty="expert", person=LEAD)
    assert "by their roles they see no incidents, or they have left" in str(seen["errors"])
    assert duties(fairness) == set()


def test_a_critical_incident_has_a_channel_of_its_own_with_who_was_called(fairness):
    (room,) = rooms(fairness)
    assert room.name == f"{fairness.incident().id.lower()}-fairness-income-prequal"
    assert {ONCALL, COMPLIANCE, PEOPLE["ceo"].id} <= set(room.members)
    assert "Critical" in room.topic
    assert [one["link"] for one in room.bookmarks] == [view(fairness).permalink]
    later(fairness, seconds=11)
    assert f"<#{room.id}>" in str(fairness.alert()["blocks"])
    fairness.press("assign", by="oncall")
    fairness.fill(by="oncall", duty="expert", person=PEOPLE["ml_engineer"].id)
    later(fairness)
    assert PEOPLE["ml_engineer"].id in room.members
    fairness.press("acknowledge", by="oncall")
    later(fairness)
    assert "acknowledged" in room.topic
    said = [row for row in fairness.audit() if row[1] in ("channel_opened", "invited")]
    assert len(said) == 1 + len(set(room.members) - {room.creator})


def test_an_end_archives_the_channel_and_a_reopened_incident_gets_a_new_one(fairness):
    (room,) = rooms(fairness)
    from_menu(fairness, "false_positive", by="ml_lead")
    assert fairness.fill(by="ml_lead", reason="The data was wrong")["ok"]
    later(fairness)
    assert room.is_archived
    fairness.press("reopen", by="oncall")
    assert fairness.fill(by="oncall", reason="It was not")["ok"]
    later(fairness)
    assert [one.name for one in rooms(fairness) if not one.is_archived] == [f"{room.name}-2"]
    assert ONCALL in rooms(fairness)[-1].members


def test_a_taken_name_gets_a_number_and_a_half_made_channel_is_found_again(fairness):
    (room,) = rooms(fairness)
    with fairness.bot.services.database.write() as session:  # as after a crash between Slack's answer and our note
        row = session.get(Owed, _row(session, fairness).id)
        row.status, row.remote_channel, row.data, row.next_at = "pending", None, {}, fairness.clock.now
        session.add(row)
    fairness.settle()
    assert rooms(fairness) == [room]
    room.creator = "U0SOMEBODY"
    with fairness.bot.services.database.write() as session:
        row = session.get(Owed, _row(session, fairness).id)
        row.status, row.remote_channel, row.data, row.next_at = "pending", None, {}, fairness.clock.now
        session.add(row)
    fairness.settle()
    assert [one.name for one in rooms(fairness)] == [room.name, f"{room.name}-2"]


def _row(session, world):
    from storage import outbox

    return outbox.by_key(session, incidents.room_key(world.incident().id))
