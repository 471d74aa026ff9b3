"""Every subcommand: it answers each role, within Slack's limits, and help names it."""

import pytest

from bot.slack.commands import COMMANDS
from templates.slack import limits, reply
from tests.world import HANDLES

pytestmark = pytest.mark.databases("sqlite")

WORDS = {"incident": "INC-2026-03-001", "analyze": "income-prequal", "model": "income-prequal"}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_names_it(name):
    shown = reply.help([(c.name, c.usage, c.hint) for c in COMMANDS.values()])
    assert COMMANDS[name].usage in str(shown.blocks)
    assert not limits.lint(shown.blocks, shown.text)


@pytest.mark.parametrize("name", COMMANDS)
def test_it_answers_every_role_with_something(fairness, name):
    for handle in HANDLES:
        seen = fairness.type(f"/ethix {name} {WORDS.get(name, '')}", by=handle)
        assert seen.get("ephemeral") or seen.get("view"), (name, handle, seen)
    fairness.audit()


def test_an_unknown_subcommand_suggests_the_nearest(fairness):
    seen = fairness.type("/ethix statsu", by="oncall")
    assert "status" in seen["ephemeral"][-1]["text"]


def test_no_subcommand_is_help(fairness):
    assert "analyze" in str(fairness.type("/ethix", by="viewer")["ephemeral"])
