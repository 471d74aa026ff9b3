"""Two bots on one PostgreSQL: both open doors, tick and deliver; whatever happens, it happens once."""

import threading

import pytest
from sqlmodel import select

from storage import outbox
from storage.tables import Owed, Run, Timer
from tests.world import World, buttons


@pytest.fixture
def two(slack, clock, postgresql, night_on_postgresql, tmp_path):
    import shutil

    folder, template = night_on_postgresql
    shutil.copytree(folder, tmp_path / "bot", dirs_exist_ok=True)
    address = postgresql.create(template)
    made = [World(slack, tmp_path / "bot", clock, address=address) for _ in range(2)]
    yield made
    for world in made:
        world.stop()


def together(worlds: list[World], rounds: int = 3) -> None:
    """Let both bots do all there is to do, at the same time, over the waits that follow."""
    wrong: list[BaseException] = []

    def work(world: World) -> None:
        try:
            world.settle()
        except BaseException as error:
            wrong.append(error)

    for _ in range(rounds):
        threads = [threading.Thread(target=work, args=(world,)) for world in worlds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        worlds[0].clock.forward(seconds=12)
    assert not wrong


def keys(world: World) -> list[str]:
    channels = ("ethixai-incidents", "ml-monitoring", "engineering", "ai-audit")
    heads = [message for channel in channels for message in world.messages(channel)]
    shown = [*heads, *(reply for head in heads for reply in head["replies"])]
    return [m["metadata"]["event_payload"]["key"] for m in shown if m.get("metadata")]


def test_both_deliver_and_nothing_stands_twice(two):
    now = two[0].clock()
    with two[0].bot.services.transaction() as session:
        for number in range(30):
            outbox.owe(session, Owed(key=f"n{number}", kind="digest", subject="daily", channel="engineering",
                                     next_at=now, created_at=now))  # fmt: skip
    together(two)
    found = keys(two[0])
    assert len(found) == len(set(found))
    assert {f"n{number}" for number in range(30)} <= set(found)
    with two[0].bot.services.database.read() as session:
        assert not outbox.listed(session, ("parked", *outbox.WAITING))


def test_a_press_that_reaches_both_acts_once(two):
    together(two)
    alert = two[0].alert()
    two[0].press("acknowledge", by="oncall", message=alert)
    two[1].press("acknowledge", by="ml_lead", message=alert)
    together(two)
    outcomes = [outcome for _, action, outcome in two[0].audit() if action == "acknowledge"]
    assert sorted(outcomes) == ["already", "done"]
    assert "acknowledge" not in buttons(two[1].alert())


def test_of_two_moves_at_once_the_one_that_came_late_leaves_nothing_behind(two, monkeypatch):
    """Between a freeze's change of the model and its move another replica acknowledges: the freeze begins anew."""
    from bot.operations import incidents as operations
    from bot.operations.doing import Request
    from storage.tables import OversightChange, Person

    first, second = two
    together(two)
    incident = first.incident().id
    with first.bot.services.database.read() as session:
        who = {person.handle: person.id for person in session.exec(select(Person))}
    real, moved = operations.EFFECTS["freeze"], []

    def freeze(doing):
        effect = real(doing)
        if not moved:
            moved.append(operations.move(second.bot.services, Request("acknowledge", incident, who["oncall"])))
        return effect

    monkeypatch.setitem(operations.EFFECTS, "freeze", freeze)
    wanted = Request("freeze", incident, who["ml_lead"], fields={"reason": "Women are turned away", "level": "3"})
    assert operations.move(first.bot.services, wanted).kind == "done"
    assert [outcome.kind for outcome in moved] == ["done"]
    with first.bot.services.database.read() as session:
        changes = session.exec(select(OversightChange)).all()
    freezes = [outcome for _, action, outcome in first.audit() if action == "freeze"]
    assert (len(changes), freezes) == (1, ["done"])


def test_what_is_due_fires_once_and_a_check_runs_once(two):
    clock = two[0].clock
    clock.forward(days=1)
    from bot import schedule

    for world in two:
        schedule.plan(world.bot.services)
    together(two, rounds=4)
    with two[0].bot.services.database.read() as session:
        timers = session.exec(select(Timer).where(Timer.status == "fired")).all()
        runs = session.exec(select(Run).where(Run.purpose == "check")).all()
    assert timers
    assert len({timer.key for timer in timers}) == len(timers)
    scheduled = [run.key for run in runs if run.key]
    assert len(scheduled) == len(set(scheduled))
    assert all(run.attempts == 1 for run in runs if run.status == "finished")
    found = keys(two[0])
    assert len(found) == len(set(found))


def test_one_is_cut_off_in_mid_work_and_the_other_goes_on(two, postgresql):
    first, second = two
    first.stop()
    postgresql.interrupt(first.bot.services.database.url.database)
    together([second], rounds=5)
    assert len([m for m in second.messages() if buttons(m)]) == 1
    first.start()
    found = keys(second)
    assert len(found) == len(set(found))
