"""What is owed: order, leases, fences, and edits that wait are one edit."""

from datetime import UTC, datetime, timedelta

import pytest

from storage import outbox
from storage.outbox import Claimant
from storage.tables import Owed

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LEASE = timedelta(seconds=90)


def owed(key: str, **more) -> Owed:
    return Owed(
        **{
            "key": key,
            "kind": "incident",
            "subject": "INC-1",
            "channel": "c",
            "next_at": NOW,
            "created_at": NOW,
            **more,
        }
    )


def claimant(owner: str = "one", now: datetime = NOW, **more) -> Claimant:
    return Claimant(owner, now, LEASE, **more)


@pytest.fixture
def box(database):
    class Box:
        def owe(self, *rows: Owed) -> list[bool]:
            with database.write() as session:
                return [outbox.owe(session, row) for row in rows]

        def claim(self, who: Claimant | None = None) -> Owed | None:
            with database.write() as session:
                return outbox.claim(session, who or claimant())

        def mark(self, row: Owed, who: Claimant | None = None) -> bool:
            with database.write() as session:
                return outbox.mark(session, row, who or claimant())

        def settle(self, row: Owed, **values) -> bool:
            with database.write() as session:
                return outbox.settle(session, row, **values)

        def again(self, row: Owed, **more) -> bool:
            with database.write() as session:
                return outbox.again(session, row, NOW, "no", uncertain=more.get("uncertain", False))

    return Box()


def test_the_most_urgent_goes_first_then_the_oldest(box):
    box.owe(owed("late", priority=5), owed("critical", priority=0), owed("next", priority=5))
    assert [box.claim().key for _ in range(3)] == ["critical", "late", "next"]
    assert box.claim() is None


def test_a_reply_waits_for_its_message_and_replies_keep_their_order(box):
    box.owe(
        owed("second", thread_of="post", kind="reply", priority=0),
        owed("third", thread_of="post", kind="reply", priority=0),
    )
    box.owe(owed("post", priority=5))
    post = box.claim()
    assert post.key == "post"
    assert box.claim() is None
    assert box.settle(post, status="sent")
    second = box.claim()
    assert second.key == "second"
    assert box.claim() is None  # the third must not overtake it
    box.settle(second, status="sent")
    assert box.claim().key == "third"


def test_a_sender_that_died_is_followed_by_one_that_looks_first(box):
    box.owe(owed("post"))
    first = box.claim()
    assert box.mark(first)
    assert box.claim(claimant("two", NOW + LEASE / 2)) is None
    second = box.claim(claimant("two", NOW + LEASE))
    assert second.uncertain
    assert second.attempts == 2
    assert not box.mark(first)  # the late first one sends nothing
    assert not box.settle(first, status="sent")  # and writes nothing
    assert box.settle(second, status="sent")


def test_edits_that_wait_are_one_edit(box):
    edit = {"kind": "update", "coalesce": "INC-1:update"}
    assert box.owe(owed("e1", **edit), owed("e2", **edit)) == [True, False]
    claimed = box.claim()
    assert box.owe(owed("e3", **edit)) == [True]  # the one under way may have been drawn before
    assert box.again(claimed)  # it failed, but a newer one waits: nothing is doubled
    assert box.claim().key == "e3"
    assert box.claim() is None


def test_a_sender_that_died_before_it_sent_leaves_nothing_to_look_for(box):
    box.owe(owed("picture", kind="chart"))
    first = box.claim()  # and uploads
    assert not box.claim(claimant("two", NOW + LEASE)).uncertain
    assert not box.mark(first)


def test_what_may_be_in_slack_is_not_looked_for_at_once(box):
    box.owe(owed("post"))
    box.mark(box.claim())
    patient = {"look_after": LEASE + timedelta(seconds=15)}
    assert box.claim(claimant("two", NOW + LEASE, **patient)) is None
    assert box.claim(claimant("two", NOW + LEASE + timedelta(seconds=15), **patient)).uncertain


def test_a_channel_rests_after_a_post_and_edits_do_not(box):
    box.owe(owed("post"), owed("edit", kind="update"), owed("elsewhere", channel="d"))
    keys = []
    while (row := box.claim(claimant(resting=("c",)))) is not None:
        keys.append(row.key)
    assert keys == ["edit", "elsewhere"]


def test_edits_rest_by_themselves(box):
    box.owe(owed("edit", kind="update", priority=0), owed("post"))
    assert box.claim(claimant(edits_rest=True)).key == "post"
    assert box.claim(claimant(edits_rest=True)) is None


def test_a_channel_has_one_post_a_second_whoever_sends_it(box):
    second = timedelta(seconds=1)
    box.owe(owed("one"), owed("two"), owed("elsewhere", channel="d"))
    box.mark(box.claim())
    assert box.claim(claimant("b", interval=second)).key == "elsewhere"
    assert box.claim(claimant("b", NOW + second / 2, interval=second)) is None
    assert box.claim(claimant("b", NOW + second, interval=second)).key == "two"


def test_of_two_edits_of_a_message_one_goes_at_a_time(box):
    edit = {"kind": "update", "coalesce": "INC-1:update"}
    box.owe(owed("older", **edit))
    older = box.claim()
    box.owe(owed("newer", **edit))
    assert box.claim(claimant("two")) is None
    box.settle(older, status="sent")
    assert box.claim(claimant("two")).key == "newer"


def test_an_edit_that_somebody_waits_for_hurries_the_one_that_waits(box):
    edit = {"kind": "update", "coalesce": "INC-1:update"}
    box.owe(owed("repeat", priority=8, **edit | {"next_at": NOW + LEASE}), owed("post", priority=5))
    box.owe(owed("click", priority=0, **edit))
    assert box.claim().key == "repeat"


def test_what_was_given_up_is_sent_again_or_dropped_with_what_waits_for_it(box, database):
    box.owe(owed("post"), owed("reply", kind="reply", thread_of="post"))
    box.settle(box.claim(), status="parked")
    assert box.claim() is None
    with database.write() as session:
        assert outbox.send_again(session, outbox.by_key(session, "post"), NOW)
        assert not outbox.send_again(session, outbox.by_key(session, "post"), NOW)
    box.settle(box.claim(), status="parked")
    with database.write() as session:
        assert outbox.drop(session, outbox.by_key(session, "post"))
        assert [row.status for row in outbox.listed(session, ("dropped",))] == ["dropped", "dropped"]


def test_an_uncertain_failure_stays_uncertain(box):
    box.owe(owed("post"))
    box.again(box.claim(), uncertain=True)
    row = box.claim()
    assert row.uncertain
    box.again(row)
    assert box.claim().uncertain
