"""Opening may ask for k of the last m runs, closing for so many clear ones; both are policy."""

import pytest

from analysis.detection.limits import Persistence
from tests.world import buttons

pytestmark = pytest.mark.databases("sqlite")


def follow(world, **rule):
    policy = world.bot.services.policy
    checks = policy.checks.model_copy(update={"persistence": Persistence(**rule)})
    world.bot.services.policy = policy.model_copy(update={"checks": checks})


def test_held_back_until_it_is_seen_again(world):
    follow(world, open_k=2, open_of=2)
    world.week("e")
    assert world.messages() == []
    world.week("e")
    assert len([m for m in world.messages() if buttons(m)]) == 1


def test_closed_only_after_enough_clear_runs(fairness):
    from storage import alerts

    follow(fairness, clear=2)
    fairness.week("a")
    with fairness.bot.services.database.read() as session:
        assert len(alerts.open_of(session, "income-prequal")) == 1
    fairness.week("a")
    with fairness.bot.services.database.read() as session:
        assert alerts.open_of(session, "income-prequal") == []
