"""When the bot itself has trouble, the person is told in words, nothing is half done, and no trace is shown."""

import pytest

from bot.operations import incidents
from storage.database import Busy
from tests.world import pretty


@pytest.mark.parametrize(("error", "says"), [(Busy("locked"), "busy"), (RuntimeError("secret detail"), "reference")])
def test_a_press_that_fails_is_told_and_changes_nothing(fairness, monkeypatch, error, says):
    def fail(*_args):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(incidents, "_move", fail)
        seen = fairness.press("acknowledge", by="oncall")
    assert says in pretty(seen)
    assert "secret detail" not in pretty(seen)
    assert fairness.incident().state == "detected"
    assert "You have it" in pretty(fairness.press("acknowledge", by="oncall"))


def test_a_modal_that_fails_says_so_in_the_modal(fairness, monkeypatch):
    fairness.press("freeze", by="oncall")

    def fail(*_args):
        raise Busy("locked")

    monkeypatch.setattr(incidents, "_move", fail)
    assert "busy" in pretty(fairness.fill("oncall", level="3", reason="x"))
    assert fairness.incident().state == "detected"


def test_an_event_that_could_not_be_stored_is_delivered_again(fairness, monkeypatch):
    from bot.slack import events
    from tests.world import wait_for

    real, calls = events.inbox.arrive, []

    def once_busy(*args, **more):
        calls.append(1)
        if len(calls) == 1:
            raise Busy("locked")
        return real(*args, **more)

    monkeypatch.setattr(events.inbox, "arrive", once_busy)
    fairness.slack.delivery.ack_s = 0.5
    fairness.ask("POST", "/_local/say", user="viewer", channel="general", text="<@U0ETHIXBOT> help")
    wait_for(lambda: len(calls) >= 2)


def test_at_rest_no_loop_wakes_another(world):
    world.settle()
    wake = world.bot.services.wake
    before = wake.wait(-1, 0)
    for loop in world.bot.loops.loops:
        assert loop.step() is False, loop.name
    assert wake.wait(-1, 0) == before
