"""Lost answers, refusals, rate limits, a bot cut off in mid-work: no message lost, none doubled."""

import pytest

from storage import outbox
from storage.tables import Owed
from tests.world import World, buttons

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def undelivered(slack, clock, night):
    """The alert is in the outbox; nothing was sent yet."""
    made = World(slack, night.folder, clock, address=night.address)
    yield made
    made.stop()


def deliver(world: World) -> None:
    """Deliver all that is owed, over the waits that failures ask for."""
    for _ in range(40):
        world.settle()
        world.clock.forward(seconds=20)
    with world.bot.services.database.read() as session:
        assert outbox.next_due(session) is None, "something is still owed"
        assert not outbox.parked(session)


def alerts(world: World) -> int:
    return sum(bool(buttons(message)) for message in world.messages())


@pytest.mark.parametrize(
    "fault",
    [
        {"drop_answer": True},
        {"error": "internal_error", "after": True},
        {"error": "internal_error"},
        {"error": "fatal_error", "after": True},
        {"status": 500, "after": True},
        {"status": 503},
        {"status": 429, "retry_after": 3},
        {"error": "ratelimited"},
        {"body": "<html>We are down for a moment</html>"},
        {"body": "<html>We are down for a moment</html>", "after": True},
        {"body": "{}", "after": True},
    ],
    ids=str,
)
def test_a_fault_of_a_post_loses_nothing_and_doubles_nothing(undelivered, fault):
    undelivered.ask("POST", "/_local/fault", method="chat.postMessage", times=2, **fault)
    deliver(undelivered)
    assert alerts(undelivered) == 1
    assert len(undelivered.messages("ml-monitoring")) == 1
    keys = [m["metadata"]["event_payload"]["key"] for m in undelivered.messages() if m.get("metadata")]
    keys += [
        r["metadata"]["event_payload"]["key"] for m in undelivered.messages() for r in m["replies"] if r.get("metadata")
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("method", ["chat.update", "files.completeUploadExternal", "files.getUploadURLExternal"])
@pytest.mark.parametrize(
    "fault", [{"drop_answer": True}, {"status": 500}, {"status": 429, "retry_after": 1}, {"body": "<html>"}], ids=str
)
def test_a_fault_of_an_edit_or_an_upload_is_made_good(undelivered, method, fault):
    undelivered.ask("POST", "/_local/fault", method=method, times=2, **fault)
    undelivered.settle()
    undelivered.clock.forward(seconds=30)
    undelivered.settle()
    undelivered.press("acknowledge", by="oncall")
    deliver(undelivered)
    assert "acknowledge" not in buttons(undelivered.alert())
    images = [b for r in undelivered.alert()["replies"] for b in r.get("blocks", []) if b["type"] == "image"]
    assert len(images) == 1


def test_cut_off_between_claim_and_answer_the_next_bot_finds_the_post(undelivered):
    """A sender that dies after Slack took the post leaves a row that is `sending`."""
    undelivered.clock.forward(seconds=1)
    sent = undelivered.bot.senders[0].slack.post

    class Killed(BaseException):
        pass

    def post_and_die(*args, **more):
        sent(*args, **more)
        raise Killed

    undelivered.bot.senders[0].slack.post = post_and_die
    with pytest.raises(Killed):
        undelivered.bot.senders[0].step()
    undelivered.stop()
    undelivered.clock.forward(minutes=5)
    undelivered.start()
    deliver(undelivered)
    assert alerts(undelivered) == 1


def test_a_channel_that_is_not_there_parks_the_row_and_shows_it(undelivered):
    with undelivered.bot.services.transaction() as session:
        row = Owed(key="x", kind="digest", subject="daily", channel="nowhere", next_at=undelivered.clock(),
                   created_at=undelivered.clock())  # fmt: skip
        outbox.owe(session, row)
    undelivered.settle()
    with undelivered.bot.services.database.read() as session:
        parked = outbox.parked(session)
    assert [(row.key, "nowhere" in row.last_error) for row in parked] == [("x", True)]
