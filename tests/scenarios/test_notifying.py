"""A step of the escalation sends a short word by Apprise, to a real server on loopback."""

import logging
import sys

import pytest

from analysis.outside import Notifier
from bot import notifying
from bot.integrations.errors import Permanent, TryLater
from storage import outbox
from templates import paging
from templates.slack.limits import fit
from tests.counterparts.server import Answer, Counterpart
from tests.scenarios.test_pagers import connect
from tests.templates.views import NASTY, Maker
from tests.world import World

pytestmark = [
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated"),
    pytest.mark.databases("sqlite"),
]  # Apprise loads every service it knows


@pytest.fixture
def phones():
    with Counterpart() as server:
        yield server


def address(server: Counterpart) -> str:
    return server.url.replace("http://", "json://")


def later(world: World, minutes: int) -> None:
    for _ in range(minutes):
        world.clock.forward(minutes=1)
        world.settle()


def test_a_step_sends_a_short_word_to_every_address_and_tries_again(fairness, phones, monkeypatch):
    monkeypatch.setenv("ETHIXBOT_SECRET_SMS", f"{address(phones)}/one {address(phones)}/two")
    connect(fairness, "notify:sms", notifiers=(Notifier(name="sms", urls="ETHIXBOT_SECRET_SMS"),))
    phones.faults = [Answer(500)]
    later(fairness, 7)
    assert sorted({call.path for call in phones.calls}) == ["/one", "/two"]
    told = phones.calls[-1].body["message"]
    assert told.startswith("INC-2026-03-001 · Critical · Fairness: Income pre-qualification.")
    assert "http" in told
    assert len(told) <= paging.LONGEST_SHORT
    with fairness.bot.services.database.read() as session:
        assert not outbox.parked(session)
    assert "a message by `sms`" in str(fairness.messages())
    assert "json://" not in str(fairness.messages())


def test_what_is_not_set_or_no_address_is_told_without_it(fairness, monkeypatch):
    connect(fairness, "notify:sms", notifiers=(Notifier(name="sms", urls="ETHIXBOT_SECRET_SMS"),))
    services, incident = fairness.bot.services, fairness.incident().id
    with pytest.raises(Permanent, match="ETHIXBOT_SECRET_SMS is not set"):
        notifying.send(services, incident, "sms")
    monkeypatch.setenv("ETHIXBOT_SECRET_SMS", "pigeon://secret-roof")
    with pytest.raises(Permanent, match="address 1 of the notifier is none that Apprise knows") as error:
        notifying.send(services, incident, "sms")
    assert "secret-roof" not in str(error.value)
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(Permanent, match="the extra apprise is not installed"):
        notifying.send(services, incident, "sms")
    notifying.send(services, incident, "left-the-policy")


def test_nobody_there_is_tried_later_and_no_log_holds_the_address(caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(TryLater):
        notifying.deliver(["json://127.0.0.1:9/a-secret-path"], "It rings")
    assert "a-secret-path" not in caplog.text


def test_a_word_is_short_whatever_a_log_is_called():
    view = Maker().view(name=NASTY, many=200)
    assert len(paging.short(view)) <= paging.LONGEST_SHORT
    assert len(paging.summary(view)) <= paging.LONGEST
    assert "\n" not in fit(paging.short(view), 300)
