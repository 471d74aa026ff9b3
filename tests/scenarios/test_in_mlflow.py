"""From Slack, with the versions in a real MLflow: promoted while it is away for a while, rolled back, reversed."""

import pytest
from pydantic import SecretStr
from sqlmodel import select

from bot import checksums, schedule
from bot.settings import Settings
from storage import registry, timers
from storage.tables import Owed, Rollout
from tests.bot.lived import ENGINEER, ONCALL
from tests.bot.rolled import MODEL, OWNER, candidate
from tests.mlflow import Gateway, Server
from tests.scenarios.test_freezing import freeze, told
from tests.scenarios.test_promoting import go_on, press
from tests.world import World, pretty, whispers

# What is claimed and settled is told on both by tests/bot/test_rollouts.py.
pytestmark = pytest.mark.databases("sqlite")

OLD, NOW, NEW = "1", "2", "3"


@pytest.fixture
def world(fairness: World, mlflow_server: Server, mlflow_gateway: Gateway) -> World:
    """The fairness alert; the model's versions lie in MLflow, behind a password, and one of them passed."""
    mlflow_server.call("POST", "registered-models/create", name=MODEL)
    for number in (OLD, NOW, NEW):
        files = {"MLmodel": b"flavors: {}", "weights.bin": number.encode() * 3_000_000}
        sums = {name: checksums.digest(iter([content])) for name, content in files.items()}
        assert mlflow_server.log(MODEL, **files) == number
        tag = {"name": MODEL, "version": number, "key": "artefact_sha256", "value": checksums.of_folder(sums)}
        mlflow_server.call("POST", "model-versions/set-tag", **tag)
    for alias, version in (("champion", NOW), ("last_known_good", OLD)):
        mlflow_server.call("POST", "registered-models/alias", name=MODEL, alias=alias, version=version)
    services = fairness.bot.services
    login = Settings(mlflow_user="ethixbot", mlflow_password=SecretStr("open sesame"))
    services.mlflow_login = login.mlflow_login
    (watched,) = services.policy.models
    where = watched.registry.model_copy(update={"kind": "mlflow", "url": mlflow_gateway.url})
    watched = watched.model_copy(update={"registry": where})
    services.policy, services.policy_version = services.policy.model_copy(update={"models": (watched,)}), None
    schedule.plan(services)  # the first look is at once
    fairness.settle()
    candidate(services, version=NEW)
    fairness.press("acknowledge", "oncall")
    fairness.settle()
    return fairness


def aliases(there: Server) -> dict[str, str]:
    told = there.call("GET", "registered-models/get?name=" + MODEL)["registered_model"]
    return {one["alias"]: str(one["version"]) for one in told["aliases"]}


def changed(world: World, id: str) -> Rollout:
    with world.bot.services.database.read() as session:
        found = session.get(Rollout, id)
        assert found is not None
        return found


def test_promoted_while_it_is_away_rolled_back_and_reversed(world, mlflow_server, mlflow_gateway):
    services = world.bot.services
    with services.database.read() as session:
        looked = {one.version: one for one in registry.versions(session, MODEL)}
    assert all(one.verified_at and not one.unread and not one.mismatch for one in looked.values())
    freeze(world, level="4")
    assert "Its checksum is as registered" in pretty(world.press("promote", "ml_engineer")["view"])
    assert world.fill("ml_engineer", candidate="RTR-1", reason="It treats both alike")["ok"]
    world.settle()
    press(world, "product_owner")
    mlflow_gateway.cut = '"champion"'
    assert world.fill("product_owner", word="PROMOTE")["ok"]
    world.settle()
    assert (aliases(mlflow_server), told(world)["serve"]) == ({"champion": NEW, "last_known_good": OLD}, NOW)
    assert "the answer was lost" in changed(world, "PRM-1").error

    for _ in range(7):
        world.clock.forward(minutes=1)
        world.settle()
    assert "cannot be reached" in changed(world, "PRM-1").error
    (line,) = [one for one in world.alert()["replies"] if "does not get on" in pretty(one)]
    assert "“Let the registry and the gate go over to `3`”" in pretty(line)
    assert all(f"<@{person}>" in pretty(line) for person in (ENGINEER, OWNER, ONCALL))
    mlflow_gateway.back()
    world.clock.forward(minutes=1)
    go_on(world)
    assert changed(world, "PRM-1").status == "done"
    assert (aliases(mlflow_server), told(world)["serve"]) == ({"champion": NEW, "last_known_good": OLD}, NEW)
    with services.database.read() as session:
        assert timers.next_of(session, "PRM-1", "rollout_hangs") is None

    world.press("rollback", "oncall")
    assert world.fill("oncall", reason="It is unfair still")["ok"]
    world.settle()
    assert "has begun" in whispers(press(world, "product_owner"))
    go_on(world)
    assert (aliases(mlflow_server)["champion"], told(world)["serve"]) == (OLD, OLD)
    assert mlflow_server.tags(MODEL, NEW)["blocked"] == world.incident().id

    line = [one for one in world.alert()["replies"] if "serves again" in pretty(one)][-1]
    world.press("reverse", "ml_lead", line)
    assert world.fill("ml_lead", reason="The cause was upstream")["ok"]
    world.settle()
    press(world, "product_owner")
    go_on(world)
    assert (aliases(mlflow_server)["champion"], told(world)["serve"]) == (NEW, NEW)
    assert "blocked" not in mlflow_server.tags(MODEL, NEW)
    assert mlflow_gateway.refused == 0
    with services.database.read() as session:
        assert not [one for one in session.exec(select(Owed)) if one.kind == "registry" and one.status != "sent"]
