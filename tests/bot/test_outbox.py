"""What was given up: listed with why and what to do, sent again or dropped, by those who may, through every door."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from typer.testing import CliRunner

from bot.cli import cli
from bot.demo import demo
from bot.http import local, server
from bot.operations import outgoing
from bot.operations.outgoing import Wish
from storage import outbox
from tests.world import World

RUNNER = CliRunner()


@pytest.fixture
def given_up(fairness: World) -> World:
    """A digest for a channel that is archived was given up."""
    from storage.tables import Owed

    fairness.ask("POST", "/_local/archive", channel="ml-monitoring")
    now = fairness.clock()
    with fairness.bot.services.transaction() as session:
        outbox.owe(session, Owed(key="digest:daily:2026-03-02", kind="digest", subject="daily", channel="ml-monitoring",
                                 next_at=now, created_at=now, reason="scheduled"))  # fmt: skip
    fairness.settle()
    return fairness


def states(world: World, key: str = "digest:daily:2026-03-02") -> str:
    with world.bot.services.database.read() as session:
        return outbox.by_key(session, key).status


@pytest.fixture
def shell(given_up: World, monkeypatch):
    settings = demo.settings_for(given_up.folder, given_up.data, given_up.slack)
    for name, value in {
        "DATABASE_URL": given_up.address or settings.database_url,
        "ETHIXBOT_POLICY": str(settings.policy),
        "ETHIXBOT_DATA": str(settings.data),
        "SLACK_BOT_TOKEN": given_up.slack.bot_token,
    }.items():
        monkeypatch.setenv(name, value)
    return given_up


def test_the_list_says_where_why_and_what_to_do(shell):
    told = RUNNER.invoke(cli, ["outbox", "list"]).stdout
    assert "digest:daily:2026-03-02  #ml-monitoring  given up" in told
    assert "the channel is archived (is_archived). Unarchive it" in told
    assert "its time came" in told
    sent = RUNNER.invoke(cli, ["outbox", "list", "--state", "sent"]).stdout
    assert "an incident was opened" in sent


def test_a_state_that_is_none_is_one_line(shell):
    assert "parked, owed, sent, withheld, dropped" in str(
        RUNNER.invoke(cli, ["outbox", "list", "--state", "x"]).exception
    )


@pytest.mark.databases("sqlite")
def test_sent_again_from_the_shell_it_arrives(shell):
    shell.ask("POST", "/_local/archive", channel="ml-monitoring", is_archived=False)
    done = RUNNER.invoke(cli, ["outbox", "retry", "--by", "oncall@ethixai.local"])
    assert "digest:daily:2026-03-02: owed again" in done.stdout
    shell.clock.forward(days=300)  # the shell has the real time
    shell.settle()
    assert states(shell) == "sent"
    assert any(action == "outbox_retry" for _, action, _ in shell.audit())


def test_who_may_not_is_told_who_may_and_nothing_changes(shell):
    done = RUNNER.invoke(cli, ["outbox", "retry", "--by", "viewer@ethixai.local"])
    assert "On-call" in str(done.exception)
    assert states(shell) == "parked"
    assert [outcome for _, action, outcome in shell.audit() if action == "outbox_retry"] == ["refused"]


def test_dropping_needs_a_reason_and_is_final(shell):
    assert RUNNER.invoke(cli, ["outbox", "drop", "digest:daily:2026-03-02", "--by", "admin@ethixai.local"]).exit_code
    done = RUNNER.invoke(cli, ["outbox", "drop", "digest:daily:2026-03-02", "--by", "admin@ethixai.local",
                               "--reason", "yesterday's"])  # fmt: skip
    assert "dropped" in done.stdout
    assert states(shell) == "dropped"


def test_a_key_that_is_not_there_names_those_that_are(given_up):
    from analysis.errors import Unknown

    with pytest.raises(Unknown) as error:
        outgoing.mend(given_up.bot.services, Wish("retry", "system", ("nothing",)))
    assert "digest:daily:2026-03-02" in str(error.value.__dict__)


def desk(world: World) -> dict:
    """Open App Home while the bot works off its events."""
    with ThreadPoolExecutor(1) as pool:
        opened = pool.submit(world.ask, "POST", "/_local/home", user="oncall", wait_s=10)
        while not opened.done():
            world.bot.loops.drain()
            time.sleep(0.02)
    return opened.result()["view"]


def test_app_home_shows_it_and_one_press_sends_it_again(given_up):
    view = desk(given_up)
    assert "the channel is archived" in str(view)
    given_up.ask("POST", "/_local/archive", channel="ml-monitoring", is_archived=False)
    pressed = {"user": "oncall", "view_id": view["id"], "action_id": "outbox:retry"}
    given_up.ask("POST", "/_local/click", **pressed)
    given_up.settle()
    assert states(given_up) == "sent"
    assert "could not be delivered" not in str(desk(given_up))


def test_the_local_door_opens_only_to_the_key(given_up):
    from fastapi.testclient import TestClient

    services = given_up.bot.services
    door = TestClient(server.build(services, given_up.bot.slack, None))
    body = b'{"verb": "retry", "by": "system", "keys": []}'
    assert door.post(f"{local.PATH}/outbox", content=body).status_code == 404
    stranger = {"x-ethixbot-timestamp": str(int(services.clock().timestamp())), "x-ethixbot-signature": "v0=0"}
    assert door.post(f"{local.PATH}/outbox", content=body, headers=stranger).status_code == 404
    assert states(given_up) == "parked"
