"""A model that is reviewed leaves its requests to people: they see what waits, decide it in Slack, and it is told."""

import io
import json
import tarfile
from datetime import timedelta

import httpx
import pytest
from fastapi.testclient import TestClient

from bot.demo import demo, serve
from bot.gate import Gate
from bot.http import server
from bot.localslack.people import PEOPLE
from bot.slack import home
from bot.slack.door import Door
from storage import overview
from templates import letters
from templates.slack import digest
from tests.world import World, pretty

pytestmark = pytest.mark.databases("sqlite")  # tests/bot/test_cases.py tells both databases what is written here

MODEL = "income-prequal"


class Serving:
    """Serving code at the gate's door."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.http = TestClient(server.build(world.bot.services, world.bot.slack, None), raise_server_exceptions=False)

    def leave(self, name: str, level: int = 3, **more: object) -> httpx.Response:
        attributes = {"sex": "Female", "age": 41, "hours_per_week": 38.5, "request_id": name}
        body = {"request": name, "level": level, "version": "2.0.0", "proposal": "declined", "score": 0.41}
        body |= {"confidence": 0.59, "incident": self.world.incident().id, "attributes": attributes}
        return self.http.post(f"/v1/gate/{MODEL}/reviews", json=body | more)

    def asked(self, name: str) -> dict:
        return self.http.post(f"/v1/gate/{MODEL}/decided", json={"requests": [name]}).json()


@pytest.fixture
def serving(fairness):
    """The model is frozen so that people decide every request."""
    fairness.press("freeze", "oncall")
    fairness.fill("oncall", level="3", reason="Far fewer women are approved")
    fairness.settle()
    return Serving(fairness)


def told(world: World) -> str:
    """The incident's message once its edits have gathered."""
    world.settle()
    world.clock.forward(seconds=11)
    world.settle()
    return pretty(world.alert()["blocks"])


def listed(world: World, by: str, model: str = "") -> dict:
    return world.type(f"/ethix reviews {model}", by)["ephemeral"][-1]


def opened(world: World, by: str, number: int = 0) -> dict:
    message = listed(world, by)
    buttons = [block["accessory"] for block in message["blocks"] if "accessory" in block]
    return pressed(world, by, message, buttons[number])


def pressed(world: World, by: str, message: dict, button: dict) -> dict:
    block = next(block for block in message["blocks"] if block.get("accessory") == button)
    place = {"channel": "ethixai-incidents", "ts": message["ts"], "block_id": block.get("block_id", "")}
    return world.ask("POST", "/_local/click", user=by, action_id=button["action_id"], **place)["view"]


def following(world: World, by: str, view: dict) -> dict:
    return world.ask("POST", "/_local/click", user=by, view_id=view["id"], action_id="case:next")["view"]


def home_of(world: World, by: str) -> dict:
    home.publish(Door(world.bot.services, world.bot.directory), PEOPLE[by].id)
    return world.ask("POST", "/_local/home", user=by, wait_s=0)["view"]


def test_people_decide_one_after_the_other_and_serving_code_hears_it(serving):
    world = serving.world
    for number in range(3):
        assert serving.leave(f"req-{number}").status_code == 200
        world.clock.forward(minutes=1)
    assert "*3 requests wait for people*, the longest since" in told(world)
    shown = pretty(listed(world, "ml_lead", MODEL))
    assert shown.index("req-0") < shown.index("req-1") < shown.index("req-2")
    view = opened(world, "ml_lead")
    text = pretty(view)
    assert "people decide every request of this model now" in text
    assert "59 %" in text
    assert "*38.5*" in text
    assert "Female" not in text  # it must not count
    assert "Kept, but not shown to who decides: `age`, `sex`" in text
    assert "request_id: *0:" in text  # personal, so its keyed hash
    refused = world.fill("ml_lead", decision="approved")
    assert "A note is needed where you decide otherwise" in refused["errors"]["note"]
    done = world.fill("ml_lead", decision="approved", note="Her income is proved")
    assert "otherwise than the model proposed" in pretty(done["view"])
    assert "*2 requests wait for people*" in pretty(done["view"])
    assert serving.asked("req-0")["decided"]["req-0"]["decision"] == "approved"
    second = following(world, "ml_lead", done["view"])
    assert "req-1" in pretty(second)
    assert opened(world, "compliance")["blocks"][0]["text"] == second["blocks"][0]["text"]  # the same, to whoever looks
    world.fill("compliance", decision="declined")
    late = world.fill("ml_lead", decision="declined")
    assert "decided this already" in pretty(late["view"])
    assert "1 request waits for people" in told(world)
    assert "2 decided by people, 1 of them (50 %) otherwise than proposed" in told(world)
    world.audit()


def test_who_has_the_incident_is_called_where_somebody_waits_for_hours(serving):
    world = serving.world
    whose = world.incident().acknowledged_by
    serving.leave("req-0")
    world.clock.forward(hours=4, minutes=1)
    world.settle()
    lines = [pretty(one) for one in world.alert()["replies"] if "waits for people" in pretty(one)]
    assert len(lines) == 1
    assert f"<@{whose}>" in lines[0]
    assert "/ethix reviews" in lines[0]


def test_who_sees_and_who_decides_what_is_left(serving):
    world = serving.world
    serving.leave("req-0")
    serving.leave("drawn-1", level=1)
    refusal = "Your role does not let you see what a model left to people."
    assert refusal in pretty(listed(world, "viewer"))
    assert "There is no model" in pretty(listed(world, "ml_lead", "nix"))
    shown = pretty(listed(world, "ml_lead"))
    assert shown.index("req-0") < shown.index("drawn-1")  # nobody waits for a sample
    assert "1 sample to be looked at" in shown
    opened(world, "auditor")
    assert "Your role does not let you decide" in pretty(world.fill("auditor", decision="declined")["view"])
    sample = opened(world, "ml_lead", 1)
    assert "*answered this already*" in pretty(sample)
    assert "Was that right?" in pretty(sample)
    kept = world.fill("ml_lead", decision="declined")
    assert "Kept: the model was right." in pretty(kept["view"])
    seen = home_of(world, "ml_lead")
    assert "Left to people" in pretty(seen)
    button = next(b["accessory"] for b in seen["blocks"] if b.get("accessory", {}).get("action_id") == "case:next")
    assert button["value"] == MODEL
    assert "Left to people" not in pretty(home_of(world, "viewer"))
    assert "*1 request waits for people*" in pretty(world.type(f"/ethix model {MODEL}", "ml_lead")["ephemeral"][-1])


def test_the_digest_and_the_evidence_say_how_people_decided(serving):
    world = serving.world
    for number in range(3):
        serving.leave(f"req-{number}")
    opened(world, "ml_lead")
    world.fill("ml_lead", decision="approved", note="Her income is proved")
    services, now = world.bot.services, world.clock.now
    with services.database.read() as session:
        seen = overview.load(session, now, now - timedelta(days=1))
    said = "1 decided by people, 1 of them (100 %) otherwise than proposed"
    assert said in pretty(digest.daily(seen, now).blocks)
    mailed = letters.of_digest("daily", seen, now)
    assert said in mailed.text
    assert said in mailed.html
    world.press("export", by="auditor")
    world.settle()
    files = [file for reply in world.alert()["replies"] for file in reply.get("files", [])]
    file = next(file for file in files if file["name"].endswith(".tar.gz"))
    token = {"Authorization": f"Bearer {world.slack.bot_token}"}
    content = httpx.get(file["url_private"], headers=token, trust_env=False).content
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        found = {name.rpartition("/")[2]: archive.extractfile(name).read() for name in archive.getnames()
                 if name.endswith(("/reviews.json", "case_bundle.json", "audit.jsonl"))}  # fmt: skip
    reviews = json.loads(found["reviews.json"])
    assert [one["decision"] for one in reviews] == ["approved", None, None]
    assert "req-0" not in found["reviews.json"].decode()
    assert reviews[0]["handle"] == services.keys.hashed("req-0")  # as decisions.parquet names requests
    assert reviews[0]["seen"]["sex"] == "Female"
    assert json.loads(found["case_bundle.json"])["human_review"] == {
        "waiting": 2, "decided": 1, "otherwise": 1, "samples_looked_at": 0, "samples_wrong": 0,
    }  # fmt: skip
    rows = [json.loads(line) for line in found["audit.jsonl"].splitlines()]
    assert [one["action"] for one in rows if "/cases/" in one["entity"]] == ["case_left"] * 3 + ["review_case"]


def test_the_demo_s_service_leaves_requests_to_people_and_shows_what_they_decide(serving):
    world, person = serving.world, {"age": 40, "sex": "Female", "relationship": "Wife", "workclass": "Private"}
    serve.prepare(demo.DATA, world.folder / "models")
    world.bot._serve()
    gate = Gate(world.bot.address, MODEL)
    service = serve.Service(world.folder / "models", gate)
    assert [service.answer(f"r-{number}", person)[0].who for number in range(52)] == ["people"] * 50 + ["refused"] * 2
    assert service.stats()["waiting"] == 50
    view = opened(world, "ml_lead")
    assert "Private" in pretty(view)
    assert "Wife" not in pretty(view)  # it tells the sex, which must not count
    world.fill("ml_lead", decision="approved", note="Her income is proved")
    service.look()
    first = service.stats()["left"][0]
    assert (first[0], first[2].split()[0], first[3]) == ("r-0", "people", "approved")
    assert service.stats()["waiting"] == 49
    gate.close()


def test_too_many_are_refused_and_the_thread_is_told_once_and_when_there_is_room(serving):
    world = serving.world
    services = world.bot.services
    watched = services.policy.models[0]
    gate = watched.gate.model_copy(update={"most_cases": 2})
    services.policy = services.policy.model_copy(update={"models": (watched.model_copy(update={"gate": gate}),)})
    statuses = [serving.leave(f"req-{number}").status_code for number in range(6)]
    assert statuses == [200, 200, 429, 429, 429, 429]
    late = serving.leave("req-9")
    assert late.headers["retry-after"] == "5"
    assert "2 requests of income-prequal wait for people already" in late.json()["detail"]
    world.settle()
    replies = pretty(world.alert()["replies"])
    assert replies.count("*2 requests wait for people: more are refused") == 2  # its text, and its block
    opened(world, "ml_lead")
    world.fill("ml_lead", decision="declined")
    world.settle()
    assert "Requests for people are taken again; 1 request still to be decided." in pretty(world.alert()["replies"])
    assert serving.leave("req-9").status_code == 200
