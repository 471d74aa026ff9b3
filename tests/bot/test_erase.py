"""`ethixbot erase person`: who has left is no longer named, the id and the proof stay."""

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from analysis.errors import BadInput
from bot import app
from bot.cli import cli
from storage import audit, people
from storage.tables import Person

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ADMIN, COMPLIANCE, LEAD = "admin@x.org", "comp@x.org", "lead@x.org"
POLICY = "roles:\n  admin: [admin@x.org]\n  compliance_officer: [comp@x.org]\n  ml_lead: [lead@x.org]\n"


@pytest.fixture
def place(tmp_path, monkeypatch, database):
    (tmp_path / "policy.yaml").write_text(app.DEFAULT_POLICY.read_text().replace("roles: {}", POLICY))
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ETHIXBOT_POLICY", str(tmp_path / "policy.yaml"))
    monkeypatch.setenv("ETHIXBOT_DATA", str(tmp_path / "kept"))
    with database.write() as session:
        for id, active in (("U1", False), ("U2", True)):
            people.remember(session, made(id, active))
    return tmp_path


def made(id, active):
    return Person(id=id, handle="ada", name="Ada L.", email=f"{id}@x.org", tz="Europe/Paris", is_active=active,
                  checked_at=NOW)  # fmt: skip


def erase(who, by, reason="they left"):
    done = CliRunner().invoke(cli, ["erase", "person", who, "--by", by, "--reason", reason])
    if isinstance(done.exception, BadInput):
        assert "\n" not in str(done.exception)
        return 2, str(done.exception)
    assert done.exception is None, done.exception
    return done.exit_code, done.output


def person(database, id):
    with database.read() as session:
        return session.get(Person, id)


def trail(database):
    with database.read() as session:
        assert audit.verify(session)[1] == []
        return [(row.actor, row.outcome) for row in audit.rows_of(session, "U1") if row.action == "erase"]


@pytest.mark.parametrize("by", [ADMIN, COMPLIANCE])
def test_nothing_is_left_that_says_who_it_was(place, database, by):
    assert erase("U1", by) == (0, "U1 is erased\n")
    one = person(database, "U1")
    assert (one.id, one.handle, one.name, one.email, one.tz) == ("U1", "erased", "erased", None, "UTC")
    assert erase("U1", by) == (0, "U1 is erased already\n")
    assert trail(database) == [(by, "done"), (by, "already")]


def test_looking_everybody_up_again_does_not_bring_them_back(place, database):
    erase("U1", ADMIN)
    with database.write() as session:
        people.remember(session, made("U1", active=False))  # Slack goes on telling of people who left
    assert person(database, "U1").name == "erased"
    with database.write() as session:
        people.remember(session, made("U1", active=True))
    assert (person(database, "U1").name, person(database, "U1").erased_at) == ("Ada L.", None)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("U1", LEAD, "x"), "Your role does not let you erase people"),
        (("U1", ADMIN, " "), "A reason is needed"),
        (("U2", ADMIN, "x"), "U2 is active in Slack"),
        (("U9", ADMIN, "x"), "no person “U9”"),
    ],
)
def test_what_is_refused_is_one_line_and_changes_nothing(place, database, asked, says):
    code, said = erase(*asked)
    assert code == 2
    assert says in said
    assert person(database, "U1").name == person(database, "U2").name == "Ada L."
    with database.read() as session:
        assert audit.rows_of(session, asked[0])[-1].outcome == "refused"
