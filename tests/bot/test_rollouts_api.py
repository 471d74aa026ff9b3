"""Promotion and rollback over HTTP and at a shell: the rules of the buttons, and what can be looked at."""

import pytest

from tests.bot.lived import ENGINEER, MODEL, ONCALL
from tests.bot.rolled import NEW, OLD, OWNER, known, run
from tests.bot.test_api import Api

pytestmark = pytest.mark.databases("sqlite")  # the door is the same on both

INCIDENT = "INC-2026-03-001"


@pytest.fixture
def api(fairness) -> Api:
    """The API at the moment of the fairness alert, its model with versions."""
    known(fairness.bot.services)
    made = Api(fairness)
    made.move("acknowledge", ONCALL)
    return made


def test_a_candidate_is_promoted_and_rolled_back_over_http(api):
    services = api.world.bot.services
    assert api.post(f"/v1/models/{MODEL}/promote", OWNER, {"version": NEW, "reason": "x"}).status_code == 403
    asked = api.post(f"/v1/models/{MODEL}/promote", ENGINEER, {"requestId": "RTR-1", "reason": "x"}, key="k")
    again = api.post(f"/v1/models/{MODEL}/promote", ENGINEER, {"requestId": "RTR-1", "reason": "x"}, key="k")
    assert (asked.status_code, asked.json()["approval"]) == (202, "APR-1")
    assert again.json()["says"] == asked.json()["says"]
    no = api.post("/v1/approvals/APR-1/approve", OWNER)
    assert (no.status_code, no.json()["detail"]) == (422, "The word has to be PROMOTE, in capitals.")
    done = api.post("/v1/approvals/APR-1/approve", OWNER, {"confirm": "PROMOTE"})
    assert done.json()["says"] == "Approved. PRM-1 has begun; the thread follows it, step by step."
    run(services)
    told = api.get("/v1/rollouts/PRM-1", ENGINEER).json()
    assert (told["status"], told["to_version"], told["approved_by"]) == ("done", NEW, OWNER)
    assert [name for name, one in told["steps"].items() if "done" in one] == told["snapshot"]["steps"]
    back = api.post(f"/v1/models/{MODEL}/rollback", ONCALL, {"version": OLD, "reason": "x", "incident": INCIDENT})
    assert (back.status_code, back.json()["approval"]) == (202, "APR-2")
    assert api.post(f"/v1/models/{MODEL}/reverse", ONCALL, {"reason": "x"}).status_code == 422


def test_what_is_not_there_is_said_in_a_sentence(api):
    said = [
        api.post("/v1/models/nothing/promote", ENGINEER, {"version": NEW, "reason": "x"}),
        api.post(f"/v1/models/{MODEL}/promote", ENGINEER, {"version": "9", "reason": "x"}),
        api.get("/v1/rollouts/PRM-9", ENGINEER),
    ]
    assert [(one.status_code, one.json()["detail"]) for one in said] == [
        (404, "There is no model “nothing”."),
        (422, "“Candidate” has to be one that has passed validation, not “9”: RTR-1."),
        (404, "There is no promotion or rollback “PRM-9”."),
    ]
