"""From the alert to the end by presses alone: frozen, proved, retrained, promoted by another, confirmed, resolved."""

import json
import tarfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bot.demo import demo, serve, training
from bot.demo.world import BIASED, Around
from bot.gate import Gate
from storage import inspection
from tests.scenarios.test_promoting import go_on, press
from tests.scenarios.test_retraining import until
from tests.world import World, pretty

pytestmark = pytest.mark.databases("sqlite")  # each part is told on both elsewhere


@pytest.fixture
def around(fairness: World) -> Around:
    """The demo's versions, registered; deployments are made a step at a time."""
    serve.prepare(demo.DATA, fairness.folder / "models")
    made = Around(fairness.bot, fairness.folder, demo.DATA)
    made.register()
    return made


def ratio(around: Around, version: str) -> float:
    """Return how often the version approves women, as a share of how often men."""
    week = pq.read_table(next(demo.DATA.glob("current_e_*.parquet")))
    approved = training.scores(training.load(around.models / version / serve.FILE), week) >= training.CUT_OFF
    women = np.array(week["sex"].to_pylist()) == "Female"
    return float(approved[women].mean() / approved[~women].mean())


def test_from_the_alert_to_the_end(fairness, around):
    fairness.bot._serve()
    gate = Gate(fairness.bot.address, demo.MODEL)
    service = serve.Service(around.models, gate)
    assert service.answer("r1", {"age": 40, "sex": "Female"})[0].version == BIASED
    assert ratio(around, BIASED) < 0.8

    fairness.press("freeze", "oncall")
    assert fairness.fill("oncall", level="4", reason="Far fewer women are approved")["ok"]
    assert seen(gate, lambda: gate.check().level == 4)
    assert service.answer("r2", {"age": 40})[0].who == "fallback"
    fairness.settle()

    fairness.press("export", "auditor")
    fairness.settle()
    bundle = (evidence(fairness) / "INC-2026-03-001-evidence-v1.tar.gz").read_bytes()

    fairness.press("retrain", "ml_engineer")
    assert fairness.fill("ml_engineer", reason="It tells men from women")["ok"]
    fairness.settle()
    assert until(fairness, "validated_pass", "failed").status == "validated_pass"
    around.step()

    fairness.press("promote", "ml_engineer")
    assert fairness.fill("ml_engineer", candidate="RTR-1", reason="It treats both alike")["ok"]
    fairness.settle()
    form = pretty(press(fairness, "product_owner")["view"])
    assert "treats Female and Male alike again (sex): 38 % and 39 % approved (champion 28 % and 45 %)" in form
    assert fairness.fill("product_owner", word="PROMOTE")["ok"]
    go_on(fairness)
    assert seen(gate, lambda: gate.check().level == 1)
    assert "serves now" in around.step()
    answer, decision = service.answer("r3", {"age": 40, "sex": "Female"})
    assert (answer.who, answer.version, decision.level) == ("model", "3.1.0+rtr-1", 1)
    assert ratio(around, "3.1.0+rtr-1") > 0.9

    fairness.settle()  # the week after is checked
    assert "back within its limits" in pretty(fairness.alert())
    fairness.press("resolve", "ml_lead")
    assert fairness.fill("ml_lead", note="3.1.0 serves")["ok"]
    for _ in range(3):
        fairness.settle()
        fairness.clock.forward(seconds=12)
    assert fairness.incident().state == "resolved"
    fairness.clock.forward(hours=1)
    fairness.settle()
    told_in_evidence(fairness, before=bundle)
    gate.close()


def evidence(world: World) -> Path:
    return world.folder / "data/evidence"


# What the issue and the playbook ask for, by the file that answers it; the rest is in `case_bundle.json`.
HELD = {
    "decisions.parquet", "drift_snapshot.json", "window.profile", "baseline.profile", "comparison.json", "checks.json",
    "retrains.json", "rollouts.json", "versions.json", "aliases.json", "restraints.json", "approvals.json",
    "votes.json", "messages.json", "policies.json", "policy.json", "logs/ci-rtr-1.txt", "timeline.json",
    "report.md", "audit.jsonl", "checkpoint.txt", "chart.png", "case_bundle.json", "signing-key.pub.pem",
}  # fmt: skip


def told_in_evidence(world: World, before: bytes) -> None:
    """Two versions came by themselves: as the candidate had passed, and with all that came in the hour after."""
    found = sorted(evidence(world).glob("*.tar.gz"))
    assert [path.name[-9:-7] for path in found] == ["v1", "v2", "v3"]
    assert found[0].read_bytes() == before
    public = world.bot.services.keys.signing.public_key()
    assert [inspection.verify(path, public).faults for path in found] == [(), (), ()]
    with tarfile.open(found[-1]) as archive:
        held = {one.name.partition("/data/")[2]: archive.extractfile(one).read() for one in archive}
    assert set(held) - {""} >= HELD
    case, compared = json.loads(held["case_bundle.json"]), json.loads(held["comparison.json"])
    assert [one["status"] for one in compared["candidates"]] == ["validated_pass"]
    assert [one["status"] for one in json.loads(held["rollouts.json"])] == ["done"]
    assert {"check", "verify"} <= {one["purpose"] for one in json.loads(held["checks.json"])}
    assert {one["group"] for one in case["fairness_metrics"]} >= {"Female"}
    snapshot = json.loads(held["drift_snapshot.json"])["window"]
    assert snapshot["from"] < snapshot["to"]
    entities = {json.loads(line)["entity"] for line in held["audit.jsonl"].splitlines()}
    assert entities >= {"INC-2026-03-001", "RTR-1", "PRM-1", "APR-1"}
    assert all(one["files"] or one["missing"] for one in case["checklist"])


def seen(gate: Gate, holds) -> bool:
    """Return whether it holds within ten seconds; how soon it does is measured by `tests.benchmarks gate`."""
    from tests.bot.test_gate import until as within

    return within(holds) < 10
