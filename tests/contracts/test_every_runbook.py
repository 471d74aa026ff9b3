"""Every shipped runbook: readable, each step with words, reached by an incident it is for, and drawn within limits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analysis.response import runbooks
from analysis.vocabulary import Family, Severity
from storage.runbooks import known, shipped
from storage.tables import ChecklistStep
from templates.slack import checklist, limits, modals
from tests.templates.views import NASTY, Maker

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
IDS = {"bias", "fairness", "data_drift", "performance", "security", "safety", "aviation", "manufacturing"}


def steps(runbook, text=None):
    return tuple(
        ChecklistStep(
            id=n, incident_id="INC-2026-11-007", runbook=runbook.id, edition=runbook.version, title=runbook.title,
            position=n, key=step.key, text=text or step.text, duty=step.duty, verb=step.verb, begun_at=NOW,
            due_at=runbooks.due(step, NOW - timedelta(minutes=20)), done_at=NOW if n < 2 else None,
            done_by="U0ONCALL01", note=text,
        )
        for n, step in enumerate(runbook.steps)
    )  # fmt: skip


def test_the_eight_are_there():
    assert {one.id for one in shipped()} == IDS


@pytest.mark.parametrize("runbook", shipped(), ids=lambda one: one.id)
def test_some_incident_follows_it(runbook):
    metric = runbook.metrics[0] if runbook.metrics else None
    domain = runbook.domains[0] if runbook.domains else None
    family = runbook.families[0] if runbook.families else Family.MODEL
    for severity in runbook.severities:
        assert runbooks.choose(shipped(), family, severity, metric, domain) is runbook


@pytest.mark.parametrize("runbook", shipped(), ids=lambda one: one.id)
def test_its_limits_never_run_backwards(runbook):
    within = [step.within for step in runbook.steps if step.within is not None]
    assert within == sorted(within)


@pytest.mark.parametrize("runbook", shipped(), ids=lambda one: one.id)
@pytest.mark.parametrize("text", [None, NASTY])
def test_its_checklist_is_within_slack_s_limits(runbook, text):
    view = Maker().view(name=text or "Female", steps=steps(runbook, text))
    shown = checklist.message(view, NOW)
    assert limits.lint(shown.blocks, shown.text) == []
    assert "<!channel>" not in str(shown.blocks)
    pressed = [one["accessory"]["action_id"] for one in shown.blocks if "accessory" in one]
    said = [one.verb for one in runbook.steps[2:] if one.verb in checklist.SAID]
    assert sorted(pressed) == sorted([f"move:{verb}" for verb in said] + [checklist.STEP] * (len(pressed) - len(said)))
    assert len(pressed) == len(runbook.steps) - 2
    assert f"2 of {len(runbook.steps)} done" in shown.text


@pytest.mark.parametrize("family", Family)
def test_a_critical_incident_of_every_family_has_one(family):
    assert runbooks.choose(shipped(), family, Severity.CRITICAL, None, None) is not None


def test_a_low_one_has_none_and_one_s_own_takes_the_place_of_the_shipped_one():
    assert runbooks.choose(shipped(), Family.DATA, Severity.LOW, None, None) is None
    own = shipped()[0].model_copy(update={"title": "Ours"})
    assert [one.title for one in known((own,)) if one.id == own.id] == ["Ours"]
    assert len(known((own,))) == len(shipped())


@pytest.mark.parametrize("runbook", shipped(), ids=lambda one: one.id)
def test_a_step_to_tick_is_read_whole_in_the_form(runbook):
    view = replace(Maker().view(), steps=tuple(open_again(step) for step in steps(runbook)))
    form = modals.modal("tick", view, NOW)
    options = next(block for block in form["blocks"] if block.get("block_id") == "step")["element"]["options"]
    for option, step in zip(options, runbook.steps, strict=True):
        first = option["text"]["text"]
        read = first if first == step.text else f"{first} {option['description']['text']}"
        assert read == step.text


def open_again(step):
    step.done_at = None
    return step
