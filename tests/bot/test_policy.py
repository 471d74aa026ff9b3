"""The policy is changed by three people under the policy before, at once, everywhere; a file on disk does nothing."""

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from analysis.errors import BadInput
from analysis.vocabulary import Role
from bot import app
from bot.cli import cli
from bot.demo import demo
from bot.operations import approvals, governing, incidents
from bot.operations.deciding import Decision
from bot.operations.governing import Proposal
from storage import policies
from storage.tables import Owed, PolicyVersion
from tests.world import World, pretty

# Votes race in test_approvals; what is said of policies is the same on both.
pytestmark = pytest.mark.databases("sqlite")

ADMIN, LEAD, COMPLIANCE, CTO, VIEWER = "U0ADMINS01", "U0MLLEAD01", "U0COMPLY01", "U0CTOOFF01", "U0VIEWER01"


def in_force(world: World) -> PolicyVersion:
    with world.bot.services.database.read() as session:
        return policies.in_force(session)


def changed(world: World, before: str = "more_than: 10", after: str = "more_than: 3") -> str:
    text = in_force(world).text
    assert before in text
    return text.replace(before, after, 1)


def propose(world: World, text: str, by: str = ADMIN, reason: str = "storms come sooner") -> str:
    return incidents.told(governing.propose(world.bot.services, Proposal(by, text, reason)))["says"]


def approve(world: World, by: str, approval: str = "APR-1") -> str:
    return incidents.told(approvals.decide(world.bot.services, Decision("approve", approval, by)))["says"]


def test_it_holds_at_once_and_everywhere_when_the_three_have_approved_it(fairness):
    services = fairness.bot.services
    other = app.open_services(demo.settings_for(fairness.folder, fairness.data, fairness.slack), fairness.clock)
    before = in_force(fairness)
    said = propose(fairness, changed(fairness))
    assert "ML Lead, Compliance Officer and CTO" in said
    fairness.settle()
    told = pretty(fairness.messages("engineering")[-1])
    assert "storm.more_than" in told
    assert "storms come sooner" in told
    assert f"<@{CTO}>" in told
    assert "waits for your approval" in pretty(fairness.messages(CTO, user="cto"))
    assert "has asked for this already" in propose(fairness, changed(fairness, after="more_than: 4"), by=LEAD)

    assert "still needs: Compliance Officer and CTO" in approve(fairness, LEAD)
    assert "second person" in approve(fairness, LEAD)  # one person, one part
    assert "second person" in approve(fairness, ADMIN)  # who proposed it
    assert "needs one of" in approve(fairness, VIEWER)
    shown = pretty(fairness.type("/ethix policy", by="compliance")["ephemeral"][-1])
    assert "storm.more_than" in shown
    assert "So far: Maya Lindqvist" in shown
    assert "still needs: CTO" in approve(fairness, COMPLIANCE)
    assert in_force(fairness).id == before.id
    assert "holds from now on" in approve(fairness, CTO)

    after = in_force(fairness)
    assert (after.id, after.activated_by, after.approval) == (before.id + 1, ADMIN, "APR-1")
    assert services.policy.storm.more_than == 3
    with other.transaction():
        assert other.policy.storm.more_than == 3  # another process, with its next transaction
    other.database.dispose()
    rows = fairness.audit()
    assert [row for row in rows if row[1] == "policy"] == [
        (ADMIN, "policy", "requested"), (LEAD, "policy", "already"), (ADMIN, "policy", "done"),
    ]  # fmt: skip
    fairness.settle()
    assert "was approved by Maya Lindqvist, Daniel Okafor, Ingrid Solberg" in pretty(fairness.messages("engineering"))


def test_nobody_gives_himself_a_role_by_editing_the_file_or_by_proposing_it(fairness):
    text = changed(fairness, "cto@ethixai.local", "viewer@ethixai.local")
    settings = demo.settings_for(fairness.folder, fairness.data, fairness.slack)
    settings.policy.write_text(text)
    services = app.open_services(settings, fairness.clock)
    for _ in range(2):
        governing.look(services, settings.policy)
    with services.database.read() as session:
        assert Role.CTO not in services.roles(session, VIEWER)
        told = [row for row in session.exec(select(Owed)) if row.data.get("about") == "policy_file"]
        assert len(told) == 1
    services.database.dispose()
    propose(fairness, text)
    assert "needs one of" in approve(fairness, VIEWER)  # judged by the policy in force, not by the proposed one
    fairness.settle()
    assert "editing it does nothing" in pretty(fairness.messages("engineering"))


def test_an_approval_is_bound_to_the_text_and_to_the_policy_it_would_replace(fairness):
    propose(fairness, changed(fairness))
    approve(fairness, LEAD)
    with fairness.bot.services.transaction() as session:
        policies.activate(session, changed(fairness, after="more_than: 7"), "install", fairness.clock())
    assert "has changed since" in approve(fairness, CTO)
    assert fairness.bot.services.policy.storm.more_than == 7


@pytest.mark.parametrize(
    ("change", "by", "reason", "says"),
    [
        ("more_than: 3", VIEWER, "why not", "This needs one of"),
        ("more_than: three", ADMIN, "why not", "storm.more_than"),
        ("more_than: 10", ADMIN, "why not", "says what the version in force says"),
        ("more_than: 3", ADMIN, " ", "A reason is needed"),
    ],
)
def test_what_cannot_be_proposed_is_refused_in_a_sentence(fairness, change, by, reason, says):
    assert says in propose(fairness, changed(fairness, after=change), by, reason)
    assert fairness.audit()[-1] == (by, "policy", "refused")


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["policy", *arguments])
    if isinstance(done.exception, BadInput):
        return 2, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_the_command_line_installs_shows_compares_and_proposes(tmp_path, monkeypatch):
    file, other = tmp_path / "policy.yaml", tmp_path / "other.yaml"
    file.write_text(demo.policy_text(tmp_path, demo.DATA))
    other.write_text(file.read_text().replace("more_than: 10", "more_than: 3"))
    for name, value in (
        ("DATABASE_URL", f"sqlite:///{tmp_path / 'bot.db'}"),
        ("ETHIXBOT_DATA", str(tmp_path / "data")),
    ):
        monkeypatch.setenv(name, value)
    assert run("init", str(file), "--by", "viewer@ethixai.local") == (
        2, "policy init: Your role does not let you change the policy. This needs one of: Admin.",
    )  # fmt: skip
    assert run("init", str(file), "--by", "admin@ethixai.local") == (0, "Version 1 of the policy is in force.\n")
    assert run("init", str(other), "--by", "admin@ethixai.local")[0] == 2
    assert run("show") == (0, file.read_text())
    assert run("diff", str(file)) == (0, "")
    assert run("diff", str(other)) == (1, "storm.more_than from 10 to 3\n")
    code, said = run("propose", str(other), "--by", "admin@ethixai.local", "--reason", "sooner")
    assert (code, "Asked as APR-1" in said) == (0, True)
    assert run("show") == (0, file.read_text())
