"""What comes in is kept though Slack fails to say who we are: Bolt alone would acknowledge it and drop it."""

from sqlmodel import select

from storage.tables import Inbound
from tests.world import wait_for


def test_a_mention_is_kept_while_auth_test_fails(world):
    world.ask("POST", "/_local/fault", method="auth.test", error="internal_error", times=1000)
    world.ask("POST", "/_local/say", user="oncall", channel="general", text="<@U0ETHIXBOT> help")
    wait_for(lambda: [one for one in world.ask("GET", "/_local/events")["events"] if one["ok"]])
    with world.bot.services.database.read() as session:
        assert [one.kind for one in session.exec(select(Inbound))] == ["event"]


def test_a_command_is_answered_while_auth_test_fails(world):
    world.ask("POST", "/_local/fault", method="auth.test", error="internal_error", times=1000)
    seen = world.type("/ethix status", by="oncall")
    assert "All quiet" in seen["ephemeral"][0]["text"]
