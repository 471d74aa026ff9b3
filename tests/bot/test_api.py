"""The HTTP API and the commands beside it: a token speaks for a person, and the rules are those of the buttons."""

from datetime import timedelta

import httpx
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from analysis.errors import BadInput, NotAllowed, Unknown
from analysis.response import permissions
from analysis.response.permissions import View
from analysis.vocabulary import Role
from bot.cli import cli
from bot.demo import demo
from bot.http import server
from bot.operations import tokens
from bot.operations.tokens import Wish
from tests.world import World, pretty, whispers

pytestmark = pytest.mark.databases("sqlite")  # the door is the same on both

ADMIN, LEAD, CTO, ONCALL = "U0ADMINS01", "U0MLLEAD01", "U0CTOOFF01", "U0ONCALL01"
INCIDENT = "INC-2026-03-001"


class Api:
    """The API as one person calls it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.http = TestClient(server.build(world.bot.services, world.bot.slack, None), raise_server_exceptions=False)
        self.tokens: dict[str, str] = {}

    def token(self, person: str) -> str:
        if person not in self.tokens:
            self.tokens[person] = tokens.create(self.world.bot.services, Wish(ADMIN), person, 90)
        return self.tokens[person]

    def get(self, path: str, by: str) -> httpx.Response:
        return self.http.get(path, headers={"Authorization": f"Bearer {self.token(by)}"})

    def post(self, path: str, by: str, body: dict | None = None, key: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(by)}"} | ({"Idempotency-Key": key} if key else {})
        return self.http.post(path, json=body if body is not None else {}, headers=headers)

    def move(self, verb: str, by: str, key: str = "", **fields: str) -> httpx.Response:
        return self.post(f"/v1/incidents/{INCIDENT}/moves/{verb}", by, {"fields": fields}, key)


@pytest.fixture
def api(fairness: World) -> Api:
    """The API at the moment of the fairness alert."""
    return Api(fairness)


def test_a_story_over_http_is_the_story_of_the_buttons(api):
    assert [one["id"] for one in api.get("/v1/incidents", ONCALL).json()["incidents"]] == [INCIDENT]
    done = api.move("freeze", ONCALL, key="k1", level="4", reason="halt")
    assert (done.status_code, done.json()["outcome"]) == (200, "done")
    again = api.move("freeze", ONCALL, key="k1", level="4", reason="halt")
    assert (again.status_code, again.json()["says"]) == (200, done.json()["says"])
    asked = api.move("unfreeze", LEAD, reason="1.0.0 serves again")
    assert (asked.status_code, asked.json()["approval"]) == (202, "APR-1")
    assert api.get("/v1/approvals", CTO).json()["approvals"][0]["id"] == "APR-1"
    own = api.post("/v1/approvals/APR-1/approve", LEAD)
    assert (own.status_code, own.headers["content-type"]) == (403, "application/problem+json")
    assert "second person" in own.json()["detail"]
    assert api.post("/v1/approvals/APR-1/approve", CTO).json()["says"] == "Approved. Done: the model decides again."
    assert api.post("/v1/approvals/APR-1/decline", CTO, {"reason": "no"}).status_code == 409
    told = api.get(f"/v1/incidents/{INCIDENT}", CTO).json()
    assert [one["actor"] for one in told["timeline"] if one["verb"] == "unfreeze"] == [LEAD]
    rows = api.world.audit()
    assert rows.count((ONCALL, "freeze", "done")) == 1
    assert ("U0CTOOFF01", "view", "done") in rows
    assert api.post("/api/v1/monitoring/analyze-now", LEAD, {"model": "income-prequal"}).status_code == 202


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        (f"/v1/incidents/{INCIDENT}/moves/freeze", {"fields": {"level": "4"}}, 422, "A reason is needed"),
        (f"/v1/incidents/{INCIDENT}/moves/freeze", {"fields": {"colour": "red"}}, 422, "is no field of this move"),
        (f"/v1/incidents/{INCIDENT}/moves/freeze", {"fields": {}, "more": 1}, 422, "more"),
        (f"/v1/incidents/{INCIDENT}/moves/frieze", {}, 404, "There is no move"),
        (f"/v1/incidents/{INCIDENT}/moves/resolve", {"fields": {"note": "x"}}, 409, "Not possible while"),
        ("/v1/incidents/INC-1/moves/acknowledge", {}, 404, "There is no incident"),
        ("/v1/approvals/APR-9/approve", {}, 404, "There is no approval"),
        ("/v1/approvals/APR-9/decline", {}, 422, "reason"),
        ("/api/v1/monitoring/analyze-now", {"model": "none"}, 404, "There is no model"),
    ],
)
def test_what_cannot_be_done_is_a_problem_in_a_sentence(api, path, body, status, says):
    answer = api.post(path, ONCALL, body)
    assert answer.status_code == status, answer.text
    assert says in answer.json()["detail"]
    assert api.world.incident().state == "detected"


def test_each_role_sees_over_http_what_it_may(api):
    services = api.world.bot.services
    for role in Role:
        roles = {one: (ONCALL,) if one is role else () for one in Role} | {Role.ADMIN: (ADMIN,)}
        roles[role] = (*roles[role], ONCALL)
        services.policy = services.policy.model_copy(update={"roles": roles})
        may = View.INCIDENT_TIMELINE in permissions.views({role})
        for path in ("/v1/incidents", f"/v1/incidents/{INCIDENT}", "/v1/approvals"):
            assert (api.get(path, ONCALL).status_code == 200) == may, (role, path)
        api.tokens.clear()  # a token may call thirty times at once


def test_a_token_ends_and_is_no_longer_than_its_person_and_not_for_everybody_to_give(api):
    services, clock = api.world.bot.services, api.world.clock
    assert api.http.get("/v1/incidents").status_code == 401
    assert api.http.get("/v1/incidents", headers={"Authorization": "Bearer ethx_guess"}).status_code == 401
    with pytest.raises(NotAllowed):
        tokens.create(services, Wish(LEAD), LEAD, 90)
    with pytest.raises(Unknown):
        tokens.create(services, Wish(ADMIN), "U0NOBODY01", 90)
    token = api.token(ONCALL)
    with services.database.read() as session:
        from storage import tokens as stored

        kept = stored.listed(session)[-1]
    assert token.startswith(kept.prefix)
    assert token not in str(kept.model_dump())
    api.world.ask("POST", "/_local/account", user="oncall")
    clock.forward(minutes=5, seconds=1)
    api.world.settle()
    assert api.get("/v1/incidents", ONCALL).status_code == 403  # who has left has no role
    assert tokens.revoke(services, Wish(LEAD), _prefix(api, LEAD))  # one's own
    assert api.get("/v1/incidents", LEAD).status_code == 401
    assert api.get("/v1/incidents", CTO).status_code == 200
    clock.forward(days=91)
    assert api.get("/v1/incidents", CTO).status_code == 401
    assert timedelta(days=90) < clock.now - api.world.incident().opened_at


def _prefix(api: Api, person: str) -> str:
    return api.token(person)[:12]


def test_too_many_calls_with_one_token_wait(api):
    statuses = [api.get("/v1/approvals", CTO).status_code for _ in range(40)]
    assert statuses.count(200) in range(30, 36)
    late = api.get("/v1/approvals", CTO)
    assert (late.status_code, late.headers["retry-after"]) == (429, "1")
    assert api.get("/v1/approvals", LEAD).status_code == 200


def test_the_commands_do_what_the_buttons_do(api, monkeypatch):
    settings = demo.settings_for(api.world.folder, api.world.data, api.world.slack)
    for name, value in (("DATABASE_URL", settings.database_url), ("ETHIXBOT_DATA", str(settings.data))):
        monkeypatch.setenv(name, value)
    assert run("incident", "freeze", INCIDENT, "--by", "oncall@ethixai.local", "--field", "level=4", "--field",
               "reason=halt") == (0, "Done: the model is at level 4, paused.\n")  # fmt: skip
    assert "is no field" in run("incident", "freeze", INCIDENT, "--by", ONCALL, "--field", "colour=red")[1]
    assert "is not name=value" in run("incident", "freeze", INCIDENT, "--by", ONCALL, "--field", "red")[1]
    api.move("unfreeze", LEAD, reason="go")
    assert "APR-1" in run("approvals", "list")[1]
    assert "Slack does not say" in run("approvals", "approve", "APR-1", "--by", "cto@ethixai.local")[1]  # no bot runs
    code, said = run("approvals", "decline", "APR-1", "--by", "cto@ethixai.local", "--reason", "not yet")
    assert (code, "lapsed" in said) == (1, True)  # the shell's clock is months ahead of the story's
    code, token = run("token", "create", "--for", "cto@ethixai.local", "--days", "7", "--by", "admin@ethixai.local")
    assert (code, token[:5]) == (0, "ethx_")
    assert token[:12] in run("token", "list")[1]
    assert "is revoked" in run("token", "revoke", token[:12], "--by", "cto@ethixai.local")[1]
    assert {(ONCALL, "freeze", "done"), (CTO, "decline", "already"), (CTO, "token_revoked", "done")} <= set(
        api.world.audit()
    )


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, list(arguments))
    if isinstance(done.exception, BadInput):
        return 2, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_a_baseline_is_reset_over_http_counted_by_the_bot_and_approved_by_a_second_person(api):
    def reset(by, key="", **body):
        return api.post(
            "/api/v1/monitoring/baselines/reset", by, {"model": demo.MODEL, "reason": "a new form"} | body, key
        )

    for told, by, status, says in (
        ({}, CTO, 404, "There is no model"), ({"cause": "whim"}, LEAD, 422, "none of concept_drift"),
        ({"reason": " "}, LEAD, 422, "A reason is needed"), ({}, "U0VIEWER01", 403, "This needs one of: "),
    ):  # fmt: skip
        answer = reset(by, **{**told, **({"model": "none"} if by == CTO else {})})
        assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.text
    asked = reset(LEAD, key="once", cause="data_source")
    assert asked.status_code == 202
    assert "asks a second person to approve: CTO." in asked.json()["says"]
    assert reset(LEAD, key="once", cause="data_source").json()["says"] == asked.json()["says"]
    assert reset(CTO).status_code == 409
    api.world.settle()
    api.world.settle()
    seen = pretty(api.world.messages("ml-monitoring"))
    assert all(
        words in seen
        for words in ("The data comes from another source. “a new form”", "asks a second person (CTO)", "🧮 Counted: ")
    )
    listed = pretty(api.world.type("/ethix baseline", by="viewer")["ephemeral"])
    assert asked.json()["incident"] in listed
    again = whispers(api.world.type("/ethix baseline reset income-prequal cause=refresh it has settled", by="ml_lead"))
    assert "already" in again
    assert api.post("/v1/approvals/APR-1/approve", LEAD).status_code == 403
    assert api.post("/v1/approvals/APR-1/approve", CTO).status_code == 200
    api.world.settle()
    assert "are compared with" in pretty(api.world.messages("ml-monitoring"))
    assert api.get(f"/v1/incidents/{asked.json()['incident']}", CTO).json()["state"] == "closed"
    rows = [row for row in api.world.audit() if row[1].startswith("baseline_reset")]
    assert rows.count((LEAD, "baseline_reset_asked", "done")) == rows.count((LEAD, "baseline_reset", "done")) == 1


def quieten(api, by, **body):
    told = {"kind": "silence", "match": {"column": "age"}, "for": "4h", "reason": "the feed moves"} | body
    return api.post("/v1/quiet", by, {name: value for name, value in told.items() if value is not None})


def test_a_silence_is_made_listed_and_ended_over_http_and_at_a_shell_as_in_slack(api, monkeypatch):
    made = quieten(api, LEAD)
    assert (made.status_code, made.json()["id"], made.json()["matcher"]["column"]) == (200, "QUI-1", "age")
    assert quieten(api, CTO, critical=True, until="2026-03-03T09:00:00+00:00", **{"for": None}).status_code == 200
    assert [one["id"] for one in api.get("/v1/quiet", CTO).json()["quiet"]] == ["QUI-1", "QUI-2"]
    assert api.get("/v1/quiet", "U0VIEWER01").status_code == 403
    assert api.post("/v1/quiet/QUI-2/end", LEAD).status_code == 403  # it holds critical alerts
    first = api.post("/v1/quiet/qui-1/end", LEAD, {"reason": "done"}, "once")
    assert (
        first.json()["ended_at"] == api.post("/v1/quiet/qui-1/end", LEAD, {"reason": "done"}, "once").json()["ended_at"]
    )
    world = api.world
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{world.folder / 'ethixbot.db'}")
    monkeypatch.setenv("ETHIXBOT_DATA", str(world.bot.services.data))
    monkeypatch.setenv("ETHIXBOT_POLICY", str(world.folder / "policy.yaml"))
    code, said = run(
        "quiet", "maintenance", "--by", "oncall@ethixai.local", "model=income-prequal", "for", "2h", "it moves"
    )
    assert (code, "QUI-3: maintenance over model income-prequal until" in said) == (0, True)
    assert "it moves" in run("quiet", "list")[1]
    assert "needs one of" in run("quiet", "silence", "--by", "oncall@ethixai.local", "column=age", "for", "2h", "x")[1]
    assert run("quiet", "end", "QUI-3", "--by", "oncall@ethixai.local", "--reason", "moved")[0] == 0
    rows = [row for row in world.audit() if row[1] in ("silence", "maintenance", "quiet_end")]
    assert rows.count((ONCALL, "maintenance", "done")) == rows.count((ONCALL, "silence", "refused")) == 1


def test_what_a_silence_lacks_is_said_in_a_sentence(api):
    for amiss, says in (
        ({"kind": "snooze"}, "none of silence, maintenance"),
        ({"match": {}}, "name one of"),
        ({"match": {"colour": "red"}}, "colour=red"),
        ({"match": {"column": ""}}, "is none of"),
        ({"match": {"family": "feline"}}, "is no family"),
        ({"match": {"up_to": "critical"}}, "is none of"),
        ({"for": None}, "say “for 4h”"),
        ({"for": "99 d"}, "30 days"),
        ({"for": None, "until": "2020-01-01T00:00:00+00:00"}, "lies behind"),
        ({"for": None, "until": "soon"}, "say “for 4h”"),
        ({"reason": " "}, "reason is needed"),
        ({"reason": "x" * 2_001}, "longer than"),
    ):
        answer = quieten(api, LEAD, **amiss)
        assert (answer.status_code, says in answer.json()["detail"]) == (422, True), (amiss, answer.text)


def test_before_a_silence_ends_that_is_said_where_it_was_made(api):
    world = api.world
    world.type("/ethix silence column=age for 4h the feed moves", by="ml_lead", channel="ml-monitoring")
    world.type("/ethix silence column=pay for 4h the feed moves", by="ml_lead", channel="ml-monitoring")
    world.type("/ethix silence end QUI-2", by="ml_lead")
    world.clock.forward(hours=2, minutes=59)
    world.settle()
    assert "QUI-" not in pretty(world.messages("ml-monitoring"))
    world.clock.forward(minutes=2)
    world.settle()
    said = [one["text"] for one in world.messages("ml-monitoring") if "QUI-" in one["text"]]
    assert len(said) == 1
    assert "`QUI-1`: the silence over column `age` ends" in said[0]
    assert "<@U0MLLEAD01>" in said[0]
    assert ("system", "quiet_notice", "done") in world.audit()
