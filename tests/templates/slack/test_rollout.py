"""The message that follows a promotion or a rollback: each step, how it went, and nothing that rings or breaks it."""

from datetime import UTC, datetime

import pytest

from analysis.response.rollouts import ORDER, Kind, Status
from storage.rollouts import RolloutView
from storage.tables import Rollout
from templates.slack import limits, rollout

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def shown(kind=Kind.ROLLBACK, status=Status.DONE, version="1.0.0", **more) -> str:
    names = [step.value for step in ORDER[kind]]
    row = Rollout(
        id="RBK-3", kind=kind.value, model_id="m", from_version="1.1.0", to_version=version, reason="x",
        requested_by="U0MLLEAD01", approved_by="U0PRODOW01", requested_at=NOW, next_at=NOW, status=status.value,
        snapshot={"steps": names}, **{"steps": {}, **more},
    )  # fmt: skip
    message = rollout.message(RolloutView(row, {}))
    assert not limits.lint(message.blocks, message.text)
    return "\n".join(str(block) for block in message.blocks)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("status", Status)
def test_every_kind_in_every_state_is_told(kind, status):
    text = shown(kind, status)
    assert "None" not in text
    assert rollout.HOW[status] in text


def test_what_is_done_under_way_and_to_come_is_told_apart():
    text = shown(status=Status.RUNNING, step=1, steps={"check": {"done": "x"}}, error="the registry answers 503")
    assert "✅ The version and the registry are as they were" in text
    assert "⏳ Run the deployment pipeline for `1.0.0`" in text
    assert "⬜ Ask the service whether it is well" in text
    assert "Tried again soon: the registry answers 503" in text


def test_what_failed_says_why_and_what_was_taken_back_is_struck_out():
    steps = {"champion": {"done": "x", "undone": "y"}, "health": {"failed": "the service answers 500"}}
    text = shown(status=Status.UNDONE, steps=steps)
    assert "↩️ ~Let the registry and the gate go over to `1.0.0`~ taken back" in text
    assert "❌ Ask the service whether it is well" in text
    assert "the service answers 500" in text


def test_what_cannot_be_taken_back_is_named(make):
    text = shown(status=Status.FAILED, version=make.nasty, steps={"champion": {"done": "x", "stuck": make.nasty}})
    assert "🛑" in text
    assert "<!channel>" not in text
