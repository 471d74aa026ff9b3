"""What Slack refuses, what people take away, who comes too late: each is a clear state, and nothing is lost."""

import pytest

from bot.delivery import Delivery
from bot.operations import incidents
from bot.operations.doing import Request
from bot.slack.outward import Outward
from storage import outbox
from storage.tables import Owed
from tests.world import World, buttons, pretty

pytestmark = pytest.mark.databases("sqlite")

INCIDENTS = "ethixai-incidents"


@pytest.fixture
def undelivered(slack, clock, night):
    made = World(slack, night.folder, clock, address=night.address)
    yield made
    made.stop()


def fault(world: World, method: str, times: int = 1, **how) -> None:
    world.ask("POST", "/_local/fault", method=method, times=times, **how)


def deliver(world: World, minutes: int = 12, every: int = 1) -> None:
    for _ in range(0, minutes, every):
        world.settle()
        world.clock.forward(minutes=every)


def rows(world: World, *statuses: str) -> list[Owed]:
    with world.bot.services.database.read() as session:
        return outbox.listed(session, statuses)


def alerts(world: World, channel: str = INCIDENTS) -> list[dict]:
    return [message for message in world.messages(channel) if buttons(message)]


def every_key(world: World) -> list[str]:
    channels = (INCIDENTS, "ml-monitoring", "engineering")
    heads = [message for channel in channels for message in world.messages(channel)]
    shown = [*heads, *(reply for head in heads for reply in head["replies"])]
    return [m["metadata"]["event_payload"]["key"] for m in shown if m.get("metadata")]


def test_a_critical_alert_whose_channel_is_archived_stands_in_the_fallback_channel_with_its_thread(undelivered):
    undelivered.ask("POST", "/_local/archive", channel=INCIDENTS)
    deliver(undelivered)
    (alert,) = alerts(undelivered, "engineering")
    assert "Posted anew" in pretty(alert)
    assert alert["replies"]
    assert any(
        "could not be delivered" in m["text"] and "Unarchive" in m["text"] for m in undelivered.messages("engineering")
    )
    undelivered.press("acknowledge", by="oncall", message=alert, channel="engineering")
    deliver(undelivered, 1)
    assert "acknowledge" not in buttons(alerts(undelivered, "engineering")[0])
    assert not rows(undelivered, "parked")


def test_what_is_not_critical_is_parked_told_and_sent_again_when_the_channel_is_back(undelivered):
    undelivered.ask("POST", "/_local/archive", channel="ml-monitoring")
    deliver(undelivered)
    (parked,) = rows(undelivered, "parked")
    assert (parked.kind, parked.last_error) == ("link", "is_archived")
    assert ("system", "parked", "done") in undelivered.audit()
    undelivered.ask("POST", "/_local/archive", channel="ml-monitoring", is_archived=False)
    with undelivered.bot.services.transaction() as session:
        assert outbox.send_again(session, outbox.by_key(session, parked.key), undelivered.clock())
    deliver(undelivered, 1)
    assert len(undelivered.messages("ml-monitoring")) == 1


def test_a_channel_that_is_archived_under_a_critical_message_takes_it_elsewhere(fairness):
    fairness.ask("POST", "/_local/archive", channel=INCIDENTS)
    move(fairness, "acknowledge", by="oncall")
    deliver(fairness)
    (alert,) = alerts(fairness, "engineering")
    assert "acknowledge" not in buttons(alert)
    assert any("has it" in reply["text"] for reply in alert["replies"])


def move(world: World, verb: str, by: str, **fields: str) -> None:
    """Act through another door than Slack: a message that cannot be seen cannot be pressed."""
    who = next(person for person, handle in people(world).items() if handle == by)
    incidents.move(world.bot.services, Request(verb, world.incident().id, who, fields=fields))


def people(world: World) -> dict[str, str]:
    from sqlmodel import select

    from storage.tables import Person

    with world.bot.services.database.read() as session:
        return {person.id: person.handle for person in session.exec(select(Person))}


def test_a_message_that_a_person_deletes_is_posted_once_more_and_its_thread_goes_on(fairness):
    alert = fairness.alert()
    fairness.ask("POST", "/_local/delete", channel=INCIDENTS, ts=alert["ts"])
    assert not alerts(fairness)
    week_later(fairness)
    (anew,) = alerts(fairness)
    assert anew["ts"] != alert["ts"]
    assert "the first message was deleted" in pretty(anew)
    fairness.press("acknowledge", by="oncall", message=anew)
    deliver(fairness, 1)
    (shown,) = alerts(fairness)
    assert any("has it" in reply["text"] for reply in shown["replies"])
    fairness.ask("POST", "/_local/delete", channel=INCIDENTS, ts=shown["ts"])
    week_later(fairness)
    assert not alerts(fairness)  # who deletes it twice means it
    assert {row.reason for row in rows(fairness, "dropped")} == {"deleted"}
    assert not rows(fairness, "pending", "sending")


def week_later(world: World) -> None:
    world.week("e")
    deliver(world, 2)


def test_a_deleted_message_of_an_ended_incident_stays_away(fairness):
    alert = fairness.alert()
    fairness.press("acknowledge", by="oncall")
    fairness.settle()
    fairness.press("resolve", by="ml_lead")
    fairness.ask("POST", "/_local/delete", channel=INCIDENTS, ts=alert["ts"])
    fairness.fill("ml_lead", note="The old version serves again.")
    deliver(fairness, 2)
    assert not alerts(fairness)
    assert not rows(fairness, "pending", "sending")


@pytest.mark.parametrize("word", ["token_revoked"])
def test_without_a_valid_token_everything_waits_and_nothing_is_given_up(undelivered, word):
    fault(undelivered, "*", times=10_000, error=word)
    deliver(undelivered, 90, every=6)
    assert undelivered.bot.senders[0].line.trouble == word
    assert not rows(undelivered, "parked")
    undelivered.ask("POST", "/_local/heal")
    deliver(undelivered, 2)
    assert len(alerts(undelivered)) == 1
    assert undelivered.bot.senders[0].line.trouble is None


def test_a_missing_scope_holds_up_only_what_needs_it(undelivered):
    fault(undelivered, "files.getUploadURLExternal", times=3, error="missing_scope")
    undelivered.settle()
    assert len(alerts(undelivered)) == 1
    deliver(undelivered, 5)
    assert any(block["type"] == "image" for reply in alerts(undelivered)[0]["replies"] for block in reply["blocks"])


@pytest.mark.parametrize("how", [{"status": 503}, {"drop_answer": True}], ids=str)
def test_an_hour_without_slack_is_caught_up_with(undelivered, how):
    fault(undelivered, "*", times=100_000, **how)
    deliver(undelivered, 60, every=5)
    assert not rows(undelivered, "parked")
    undelivered.ask("POST", "/_local/heal")
    deliver(undelivered, 12)
    assert len(alerts(undelivered)) == 1
    assert not rows(undelivered, "pending", "sending")
    keys = every_key(undelivered)
    assert len(keys) == len(set(keys))


def test_blocks_that_slack_does_not_take_are_told_in_bare_words(undelivered):
    fault(undelivered, "chat.postMessage", error="invalid_blocks")
    undelivered.settle()
    (message,) = undelivered.messages()
    assert "Female" in message["text"]
    assert not message["blocks"] or message["blocks"][0]["type"] == "rich_text"


def test_what_does_not_fit_goes_on_in_the_thread(undelivered):
    lines = [{"type": "section", "text": {"type": "mrkdwn", "text": f"line {n}"}} for n in range(120)]
    now = undelivered.clock()
    with undelivered.bot.services.transaction() as session:
        outbox.owe(session, Owed(key="long", kind="answer", subject="U", channel="engineering", next_at=now,
                                 created_at=now, data={"text": "Many lines", "blocks": lines}))  # fmt: skip
    deliver(undelivered, 2)
    (message,) = undelivered.messages("engineering")
    shown = [block["text"]["text"] for part in (message, *message["replies"]) for block in part["blocks"]]
    assert shown == [f"line {n}" for n in range(120)]
    assert len(message["replies"]) == 2


def two_senders(world: World) -> tuple[Delivery, Delivery]:
    one, other = world.bot.senders[:2]
    one.slack = Outward(world.bot.web)
    return one, other


def test_a_sender_that_wakes_up_after_its_lease_takes_its_post_back(undelivered):
    one, other = two_senders(undelivered)
    real = one.slack.post
    undelivered.clock.forward(seconds=1)

    def stopped(place, text, key):
        one.slack.post = real
        undelivered.clock.forward(seconds=200)
        while other.step():
            pass
        return real(place, text, key)

    one.slack.post = stopped
    assert one.step()
    assert len(alerts(undelivered)) == 2  # for a moment
    deliver(undelivered, 2)
    assert len(alerts(undelivered)) == 1
    keys = every_key(undelivered)
    assert len(keys) == len(set(keys))
    stands = next(row for row in rows(undelivered, "sent") if row.kind == "incident")
    assert alerts(undelivered)[0]["ts"] == stands.remote_ts


def test_an_edit_that_comes_too_late_does_not_stand(fairness):
    one, other = two_senders(fairness)
    real = one.slack.edit
    fairness.press("acknowledge", by="oncall")

    def stopped(place, ts, text):
        one.slack.edit = real
        move(fairness, "freeze", by="ml_lead", reason="Women are turned away", level="3")
        fairness.clock.forward(seconds=200)
        while other.step():
            pass
        real(place, ts, text)

    one.slack.edit = stopped
    while one.step():
        pass
    deliver(fairness, 2)
    assert "unfreeze" in buttons(fairness.alert())


def test_a_rate_limit_rests_its_channel_and_no_other(undelivered):
    fault(undelivered, "chat.postMessage", status=429, retry_after=30)
    undelivered.settle()
    now = undelivered.clock()
    assert undelivered.bot.senders[0].line.resting(now) == {INCIDENTS}
    with undelivered.bot.services.transaction() as session:
        outbox.owe(session, Owed(key="d", kind="digest", subject="daily", channel="engineering", next_at=now,
                                 created_at=now, priority=7))  # fmt: skip
    undelivered.settle()
    assert len(undelivered.messages("engineering")) == 1
    assert not undelivered.messages()
    deliver(undelivered, 2)
    assert len(alerts(undelivered)) == 1


def test_a_critical_alert_does_not_wait_behind_a_thousand_others(undelivered):
    undelivered.clock.forward(seconds=1)
    now = undelivered.clock()
    with undelivered.bot.services.transaction() as session:
        for number in range(1_000):
            outbox.owe(session, Owed(key=f"d{number}", kind="digest", subject="daily", channel=INCIDENTS, next_at=now,
                                     created_at=now, priority=4))  # fmt: skip
    assert undelivered.bot.senders[0].step()
    assert len(alerts(undelivered)) == 1
