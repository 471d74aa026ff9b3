"""An artefact that somebody changes: told in Slack as a critical security incident, and over once it is right again."""

import pytest
from fastapi.testclient import TestClient

from bot import checksums
from bot.http import server
from bot.operations import registering, tokens, versions
from bot.operations.registering import Seen
from bot.operations.versions import Parts, Wish
from storage.tables import Run
from tests.world import World, pretty

pytestmark = pytest.mark.databases("sqlite")  # tests/bot/test_registering.py writes the same to both

MODEL, LEAD, ADMIN = "income-prequal", "U0MLLEAD01", "U0ADMINS01"


def registered(world: World, version: str, content: bytes):
    path = world.folder / f"model-{version}.bin"
    path.write_bytes(content)
    versions.register(world.bot.services, Wish(LEAD, MODEL, version), Parts(str(path), checksums.of(str(path))))
    return path


def six_hours_later(world: World) -> None:
    world.bot.services.clock()
    world.settle()
    world.clock.forward(hours=6)
    world.settle()


def planned(world: World) -> None:
    from bot import schedule

    schedule.plan(world.bot.services)


def asked(world: World, by: str = "ml_lead") -> str:
    return pretty(world.type(f"/ethix model {MODEL}", by=by)["ephemeral"])


def looked(world: World, aliases: dict[str, str]) -> None:
    """Let a look of the schedule find the aliases so, as another system's registry would have them."""
    now = world.clock()
    with world.bot.services.transaction() as session:
        run = Run(model_id=MODEL, purpose="registry", status="running", attempts=1, requested_by="system",
                  requested_at=now, next_at=now)  # fmt: skip
        session.add(run)
        session.flush()
        session.expunge(run)
    registering.looked(world.bot.services, run, Seen(world.clock(), [], aliases))
    world.settle()


def test_a_tampered_artefact_is_told_blocked_and_over_once_it_is_right(fairness):
    good = registered(fairness, "1.0.0", b"good weights")
    registered(fairness, "2.0.0", b"new weights")
    versions.point(fairness.bot.services, Wish(LEAD, MODEL, "1.0.0", "what serves since March"), "champion")
    planned(fairness)
    shown = asked(fairness)
    assert "as registered" in shown
    assert "what serves since March" in shown
    fairness.press("freeze", "oncall")
    fairness.fill("oncall", reason="halt lending", level="4")
    fairness.settle()
    assert "halt lending" in asked(fairness)
    before = fairness.incident().id

    good.write_bytes(b"poisoned weights")
    six_hours_later(fairness)
    alert, incident = fairness.alert(), fairness.incident()
    assert incident.id != before
    assert (incident.severity, incident.family) == ("critical", "security")
    text = pretty(alert)
    assert "The artefact of version 1.0.0 is not what was registered" in text
    assert "Everybody whose requests this version answers" in text
    assert "may not serve: artefact differs*" in asked(fairness)
    fairness.press("export", "oncall", alert)
    fairness.settle()
    assert "Checklist" not in asked(fairness, by="viewer")
    story = fairness.type(f"/ethix incident {incident.id}", by="ml_lead")
    assert "not what was registered" in pretty(story)

    good.write_bytes(b"good weights")
    planned(fairness)
    six_hours_later(fairness)
    thread = pretty(next(m for m in fairness.messages() if m["ts"] == alert["ts"])["replies"])
    assert "back within its limits" in thread
    assert "may not serve" not in asked(fairness)
    fairness.audit()


def test_an_alias_moved_in_the_registry_is_told_in_the_thread_of_what_is_open(fairness):
    looked(fairness, {"champion": "1"})
    looked(fairness, {"champion": "2"})
    thread = pretty(fairness.alert()["replies"])
    assert "`champion` now stands for `2`*; it was `1`. It was moved in the registry" in thread
    assert "the registry itself" in asked(fairness)
    http = TestClient(server.build(fairness.bot.services, fairness.bot.slack, None))
    token = tokens.create(fairness.bot.services, tokens.Wish(ADMIN), LEAD, 90)
    answer = http.get(f"/v1/models/{MODEL}/versions", headers={"Authorization": f"Bearer {token}"}).json()
    assert (answer["aliases"], [one["by"] for one in answer["moves"]]) == ({"champion": "2"}, ["registry", "registry"])
    assert http.get("/v1/models/nix/versions", headers={"Authorization": f"Bearer {token}"}).status_code == 404
