"""Mentions, direct messages, App Home, the incident document, an analysis on demand: each answered, once."""

import pytest

from tests.world import pretty, wait_for

pytestmark = pytest.mark.databases("sqlite")

BOT = "<@U0ETHIXBOT>"


def answers(world, channel, ts, user=None):
    message = next(m for m in world.messages(channel, user) if m["ts"] == ts)
    return message["replies"]


def heard(world):
    """Wait until the event that was said has crossed the socket, then let the bot work."""
    from sqlmodel import select

    from storage.tables import Inbound

    def arrived():
        with world.bot.services.database.read() as session:
            return session.exec(select(Inbound).where(Inbound.kind == "event")).first() is not None

    wait_for(arrived)
    world.settle()


def test_a_mention_is_answered_with_help_in_its_thread(world):
    said = world.ask("POST", "/_local/say", user="viewer", channel="general", text=f"{BOT} what can you do?")
    heard(world)
    replies = answers(world, "general", said["ts"])
    assert len(replies) == 1
    assert "/ethix status" in pretty(replies)


def test_a_direct_message_is_answered_like_the_command(fairness):
    said = fairness.ask("POST", "/_local/say", user="oncall", channel="dm", text="status")
    heard(fairness)
    assert fairness.incident().id in pretty(answers(fairness, said["channel"], said["ts"], "oncall"))


def test_app_home_shows_what_is_open(fairness):
    import threading

    threading.Thread(target=lambda: heard(fairness), daemon=True).start()
    view = fairness.ask("POST", "/_local/home", user="oncall")["view"]
    assert fairness.incident().id in pretty(view)


def test_the_incident_document_opens_for_those_who_may_see_it(fairness):
    incident = fairness.incident().id
    assert incident in pretty(fairness.type(f"/ethix incident {incident.lower()}", by="auditor")["view"])
    assert "needs one of" in pretty(fairness.type(f"/ethix incident {incident}", by="viewer"))
    assert incident in pretty(fairness.type("/ethix incident INC-1", by="auditor"))  # the nearest


def test_an_analysis_on_demand_says_how_it_ended(fairness):
    fairness.type("/ethix analyze income-prequal", by="ml_engineer", channel="general")
    fairness.settle()
    assert "seen again" in pretty(fairness.messages("general"))
    assert ("U0MLENGI01", "analyze", "done") in fairness.audit()


def test_compliance_may_not_start_an_analysis_and_is_told_who_may(fairness):
    seen = fairness.type("/ethix analyze income-prequal", by="compliance")
    assert "needs one of" in pretty(seen)
    assert ("U0COMPLY01", "analyze", "refused") in fairness.audit()


def test_a_model_that_is_not_there_suggests_those_that_are(fairness):
    assert "income-prequal" in pretty(fairness.type("/ethix analyze income", by="ml_engineer"))


def test_too_little_data_says_so_and_is_no_all_clear(world):
    run = world.week("i")
    assert run.status == "finished"
    world.type("/ethix analyze", by="ml_engineer", channel="general")
    world.settle()
    assert "Too little to judge" in pretty(world.messages("general"))
    assert world.messages("ethixai-incidents") == []
