"""Retraining from the message: the pipeline really runs, its candidate is judged, and the thread tells all of it."""

import json
import sys
import time
from pathlib import Path

import pytest
from sqlmodel import col, select

from analysis.response.outcomes import Kind
from bot.demo import demo
from bot.operations import incidents
from bot.operations.doing import Request
from storage import registry
from storage.tables import RetrainRequest

pytestmark = pytest.mark.databases("sqlite")  # what is written is the same on both: others try that

MODEL = demo.MODEL


def newest(world) -> RetrainRequest:
    with world.bot.services.database.read() as session:
        found = session.exec(select(RetrainRequest).order_by(col(RetrainRequest.requested_at).desc())).first()
        assert found is not None
        return found


def pipeline(world, program: str, **rules) -> None:
    """Let the policy name a program in Python as the pipeline, and other rules of validation."""
    services = world.bot.services
    model = services.policy.models[0]
    command = (sys.executable, "-c", program)
    changed = model.model_copy(update={
        "retrain": model.retrain.model_copy(update={"command": command}),
        "validation": model.validation.model_copy(update=rules),
    })  # fmt: skip
    services.policy = services.policy.model_copy(update={"models": (changed,)})
    services.policy_version = None


def ask(world, by: str = "ml_engineer", **fields) -> None:
    world.press("retrain", by=by)
    world.fill(by, reason="It tells men from women.", **fields)
    world.settle()


def until(world, *statuses: str, seconds: float = 30) -> RetrainRequest:
    """Return the request once it stands so; the pipeline is a real process, everything else is stepped."""
    end = time.monotonic() + seconds
    while (found := newest(world)).status not in statuses:
        assert time.monotonic() < end, (found.status, found.error)
        time.sleep(0.2)
        world.clock.forward(seconds=1.5)
        world.settle()
    world.clock.forward(seconds=2)
    world.settle()
    return found


def thread(world) -> list[dict]:
    return world.alert()["replies"]


def said(world) -> str:
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in thread(world))


BIASED = """
import os, json, pyarrow.parquet as pq
from pathlib import Path
from storage import predictions
out = Path(os.environ["ETHIXBOT_OUTPUT"])
log = predictions.sample(predictions.log_at([os.environ["ETHIXBOT_VALIDATION"]]))
log = log.filter(log["decision"].is_valid())
pq.write_table(log.select(["request_id", "score", "decision"]), out / "candidate.parquet")
(out / "result.json").write_text(json.dumps({"version": "2.0.1"}))
"""


def test_from_the_break_to_a_candidate_that_passes(fairness):
    ask(fairness, notes="leave marital status out")
    done = until(fairness, "validated_pass", "failed")
    assert done.status == "validated_pass", done.error
    assert done.candidate == "3.1.0+rtr-1"
    assert fairness.incident().state == "remediating"
    text = said(fairness)
    assert "asked for retrain `RTR-1`" in text
    assert (
        "The candidate treats Female and Male alike again (sex): 38 % and 39 % approved (champion 28 % and 45 %)"
        in text
    )
    assert "*Retrain `RTR-1` made a candidate that passed*" in text  # one message, edited as it went
    table = next(block for one in thread(fairness) for block in one["blocks"] if block["type"] == "table")
    rows = [[cell["text"] for cell in row] for row in table["rows"]]
    assert rows[0] == ["Measured", "Candidate", "Champion", "Baseline"]
    assert rows[1:3] == [
        ["Approval ratio, sex", "0.99", "0.63", "0.98"],
        ["95 % sure", "0.89 to 1.09", "0.55 to 0.71", "0.91 to 1.06"],
    ]
    with fairness.bot.services.database.read() as session:
        version = registry.version(session, MODEL, "3.1.0+rtr-1")
    assert version.retrain_id == "RTR-1"
    assert version.details["validation"] == "passed"
    assert Path(version.artefact).exists()
    assert len(version.artefact_sha256) == len(version.training_data_sha256) == 64
    actions = [action for _, action, outcome in fairness.audit() if outcome == "done"]
    told = [one for one in actions if "retrain" in one]
    assert told == ["retrain", "retrain_started", "retrain_trained", "retrain_passed"]


def test_a_candidate_as_biased_fails_with_its_reason(fairness):
    pipeline(fairness, BIASED)
    ask(fairness)
    assert until(fairness, "validated_pass", "failed").error == "it did not pass the validation"
    text = said(fairness)
    assert "version `2.0.1` must not serve" in text
    assert (
        "It would raise an alert of its own (critical: fairness): Female are approved 0.63 times as often as Male"
        in text
    )
    assert "does not treat Female and Male alike" in text


def test_a_pipeline_that_fails_says_its_last_words_and_may_be_started_again(fairness):
    pipeline(fairness, "print('no labels here'); raise SystemExit(3)")
    ask(fairness)
    done = until(fairness, "failed")
    assert (done.exit_code, done.error) == (3, "it ended with code 3: no labels here")
    assert "failed with exit code 3" in said(fairness)
    pipeline(fairness, "pass")
    ask(fairness)
    assert until(fairness, "failed").error == (
        "the pipeline left no candidate.parquet or candidate.csv, so there is nothing to judge."
    )


def test_one_that_runs_is_cancelled_with_all_that_it_started_after_a_restart_too(fairness, tmp_path):
    pipeline(fairness, f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, file=open({str(tmp_path / "child")!r}, "w"), flush=True)
child.wait()
""")  # fmt: skip
    ask(fairness)
    until(fairness, "running")
    end = time.monotonic() + 60
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        assert time.monotonic() < end
        time.sleep(0.02)
    fairness.press("retrain", by="ml_lead")
    assert "`RTR-1` is already under way" in str(fairness.fill("ml_lead", reason="too"))
    fairness.stop()
    fairness.start()  # a restart does not touch it
    wish = Request("cancel_retrain", fairness.incident().id, "U0MLENGI01", fields={"reason": "wrong data"})
    assert incidents.move(fairness.bot.services, wish).kind is Kind.DONE
    assert until(fairness, "cancelled").cancelled_by == "U0MLENGI01"
    assert "it was cancelled" in said(fairness)
    state = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"
