"""A reference period that has a gap itself: one incident at its activation, none from the weeks that follow."""

import shutil

import pytest
from sqlmodel import col, select

from analysis.profile import count
from analysis.spec import Spec
from bot.demo import demo
from bot.operations import baselines
from bot.operations.baselines import Wish
from storage import alerts
from storage.predictions import log_at, read
from storage.tables import Baseline, Incident, Model
from tests.world import World, buttons, pretty

pytestmark = pytest.mark.databases("sqlite")

MAKER, APPROVER = "U0MLENG001", "U0MLLEAD01"


@pytest.fixture
def unfair(slack, clock, tmp_path):
    """A world whose reference period is the biased week."""
    data = tmp_path / "data"
    shutil.copytree(demo.DATA, data)
    shutil.copyfile(demo.find_windows(demo.DATA, "e")[0], data / "reference.parquet")
    made = World(slack, tmp_path / "bot", clock, data)
    made.settle()
    yield made
    made.stop()


def posted(world) -> list[dict]:
    return [m for m in world.messages() if buttons(m)]


def standing(world) -> list:
    with world.bot.services.database.read() as session:
        return [one for one in alerts.open_of(session, demo.MODEL) if one.details["cause"]["reason"] == "standing"]


def incidents(world) -> list:
    with world.bot.services.database.read() as session:
        return list(session.exec(select(Incident).order_by(col(Incident.id))))


def activate(world, file) -> None:
    """Make a baseline of the file as one person, and activate it as another."""
    services = world.bot.services
    roles = {"ml_engineer": (MAKER,), "ml_lead": (APPROVER,)}
    services.policy = services.policy.model_validate(services.policy.model_dump() | {"roles": roles})
    with services.database.read() as session:
        spec = Spec.from_json(session.get(Model, demo.MODEL).spec)
    profile = count(spec, read(log_at([file], [world.data / "late_labels.parquet"])))
    made = Baseline(
        model_id=demo.MODEL, version="", is_active=False, created_by=MAKER, created_at=services.clock(),
        source=str(file), rows=profile.rows, checksum=profile.checksum, profile=profile.to_bytes(),
    )  # fmt: skip
    kept = baselines.keep(services, Wish(demo.MODEL, MAKER), made, "baseline_create")
    baselines.activate(services, Wish(demo.MODEL, APPROVER), kept.version)
    world.settle()


def test_it_is_told_at_activation_in_words_of_its_own(unfair):
    (message,) = posted(unfair)
    shown = pretty(message["blocks"])
    assert "Critical" in shown
    assert "The reference period itself has this gap" in shown
    assert "Female" in shown
    assert "Accept the risk with a reason, or remedy it" in shown
    assert ("system", "baseline_activated", "done") in unfair.audit()


def test_weeks_with_the_same_gap_neither_raise_nor_end_it_and_a_restart_does_not_either(unfair):
    for _ in range(2):
        unfair.week("e")
    unfair.stop()
    unfair.start()
    unfair.settle()
    assert len(posted(unfair)) == 1
    (alert,) = standing(unfair)
    assert (alert.state, alert.repeats) == ("open", 1)
    unfair.week("a")
    assert len(standing(unfair)) == 1


def test_the_same_reference_again_tells_nothing_and_one_without_the_gap_ends_it(unfair):
    activate(unfair, unfair.data / "reference.parquet")
    assert len(incidents(unfair)) == 1
    assert standing(unfair)[0].repeats == 1
    activate(unfair, demo.DATA / "reference.parquet")
    assert standing(unfair) == []
    (message,) = posted(unfair)
    assert "💚" in pretty(message["replies"][-1])


def test_another_reference_with_the_gap_asks_within_the_same_incident(unfair, tmp_path):
    import pyarrow.parquet as pq

    table = pq.read_table(unfair.data / "reference.parquet")
    pq.write_table(table.slice(0, 3_500), tmp_path / "other.parquet")
    activate(unfair, tmp_path / "other.parquet")
    assert len(incidents(unfair)) == 1
    assert standing(unfair)[0].repeats == 2
