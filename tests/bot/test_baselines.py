"""`ethixbot baseline`: kept as versions, activated by a second person, compared with one another, never deleted."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlmodel import select
from typer.testing import CliRunner

from analysis.errors import BadInput
from bot.cli import cli
from bot.demo import demo
from storage import audit, baselines
from storage.database import Database
from storage.tables import Alert, AuditRow, Incident

MODEL, LEAD, OTHER_LEAD, ENGINEER, VIEWER = "income", "lead@x.org", "second@x.org", "eng@x.org", "view@x.org"
CTO = "cto@x.org"
POLICY = """
models:
  - id: income
    name: Income
    baseline: {data}/reference.parquet
    source: {{predictions: {folder}/log, labels: {data}/late_labels.parquet, ends: latest}}
    protected: [sex]
roles:
  ml_lead: [lead@x.org, second@x.org]
  ml_engineer: [eng@x.org]
  cto: [cto@x.org]
  viewer: [view@x.org]
"""


@pytest.fixture
def place(tmp_path, monkeypatch, data):
    """A database that no bot has used yet, and a policy that watches one model."""
    default = (demo.DEFAULT_POLICY).read_text().replace("models: []", "").replace("roles: {}", "")
    (tmp_path / "policy.yaml").write_text(default + POLICY.format(data=data, folder=tmp_path))
    (tmp_path / "log").mkdir()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'bot.db'}")
    monkeypatch.setenv("ETHIXBOT_POLICY", str(tmp_path / "policy.yaml"))
    monkeypatch.setenv("ETHIXBOT_DATA", str(tmp_path / "kept"))
    return tmp_path


def baseline(*arguments):
    done = CliRunner().invoke(cli, ["baseline", *map(str, arguments)])
    if isinstance(done.exception, BadInput):
        return 2, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def create(by, *more):
    code, said = baseline("create", MODEL, "--by", by, *more)
    assert code == 0, said
    return said.split(":")[0]


def refused(*arguments):
    code, said = baseline(*arguments)
    assert code == 2, said
    assert "\n" not in said
    return said


def trail(place) -> list[AuditRow]:
    database = Database(f"sqlite:///{place / 'bot.db'}", read_only=True)
    with database.read() as session:
        assert audit.verify(session)[1] == []
        return [row for row in audit.rows_of(session, MODEL) if row.action.startswith("baseline")]


def active(place):
    with Database(f"sqlite:///{place / 'bot.db'}", read_only=True).read() as session:
        found = baselines.active(session, MODEL)
        return found and found.version


def documented(place) -> tuple[Incident, Alert]:
    """Return the newest incident that documents a reset, and its alert."""
    with Database(f"sqlite:///{place / 'bot.db'}", read_only=True).read() as session:
        found = session.exec(select(Incident).order_by(Incident.id.desc()).limit(1)).one()
        return found, session.exec(select(Alert).where(Alert.incident_id == found.id)).one()


def test_the_first_is_made_and_activated_by_one_person_the_next_needs_a_second(place, data):
    first = create(LEAD, "--activate")
    assert active(place) == first
    second = create(LEAD, "--log", data / "current_a_no_change.parquet")
    assert active(place) == first
    assert "second person" in refused("activate", MODEL, second, "--by", LEAD)
    assert "ML Lead" in refused("activate", MODEL, second, "--by", ENGINEER)
    assert active(place) == first
    assert f"it was {first}" in baseline("activate", MODEL, second, "--by", OTHER_LEAD)[1]
    assert active(place) == second
    assert "already" in baseline("activate", MODEL, second, "--by", OTHER_LEAD)[1]
    listed = baseline("list", MODEL)[1]
    assert all(text in listed for text in (first, second, "5,000"))
    assert [(row.actor, row.action, row.outcome) for row in trail(place)] == [
        (LEAD, "baseline_create_asked", "done"), (LEAD, "baseline_create", "done"),
        (LEAD, "baseline_activated", "done"),
        (LEAD, "baseline_create_asked", "done"), (LEAD, "baseline_create", "done"),
        (LEAD, "baseline_activated", "refused"), (ENGINEER, "baseline_activated", "refused"),
        (OTHER_LEAD, "baseline_activated", "done"), (OTHER_LEAD, "baseline_activated", "done"),
    ]  # fmt: skip


def test_what_a_person_chose_first_is_not_replaced_by_the_first_that_waits(place):
    from bot import app, settings
    from bot.operations import detection
    from bot.runner import Runner

    services = app.open_services(settings.load())
    detection.register(services)  # as a bot that was stopped at once
    services.database.dispose()
    first = create(LEAD, "--activate")
    services = app.open_services(settings.load())
    detection.register(services)
    assert not Runner(services).step()
    services.database.dispose()
    assert active(place) == first


def test_the_second_person_is_asked_in_slack_and_activates_it_there(place, data):
    from bot import app, settings
    from bot.operations import approvals, incidents
    from bot.operations.deciding import Decision

    first = create(LEAD, "--activate")
    second = create(LEAD, "--log", data / "current_a_no_change.parquet", "--reason", "spring")
    third = create(LEAD, "--log", data / "current_a_no_change.parquet", "--reason", "again")
    services = app.open_services(settings.load())
    services.directory = lambda people: None  # who they are was said just now

    def approve(approval, by):
        return incidents.told(approvals.decide(services, Decision("approve", approval, by)))["says"]

    with services.database.read() as session:
        asked = approvals.approvals.get(session, "APR-1")
        assert (asked.subject, asked.fields["reason"]) == (f"{MODEL}/{second}", "spring")
    assert "second person" in approve("APR-1", LEAD)
    assert "ML Lead or CTO" in approve("APR-1", ENGINEER)
    assert active(place) == first
    assert "holds from now on" in approve("APR-1", OTHER_LEAD)
    assert active(place) == second
    assert "has changed since" in approve("APR-2", OTHER_LEAD)  # it was to take the place of the first one
    assert active(place) == second != third
    services.database.dispose()


def test_two_versions_are_compared_as_files_are(place, data):
    first = create(LEAD, "--activate")
    second = create(ENGINEER, "--log", data / "current_c_hours_in_minutes.parquet")
    code, said = baseline("diff", MODEL, first, second, "--json", "-")
    assert code == 1
    report = json.loads(said)
    assert report["baseline"]["version"] == first
    assert report["alerts"][0]["cause"]["column"] == "hours_per_week"
    assert baseline("diff", MODEL, first, first)[0] == 0


def test_a_reset_counts_the_last_seven_days_gives_its_reason_and_waits(place, data):
    first = create(LEAD, "--activate")
    assert "no such file" in refused("reset", MODEL, "--by", LEAD, "--reason", "too soon")
    assert documented(place)[0].state == "closed"
    table = pq.read_table(data / "reference.parquet")
    pq.write_table(table, place / "log" / "february.parquet")
    code, said = baseline("reset", MODEL, "--by", LEAD, "--reason", "the form changed")
    assert code == 0, said
    second = said.split(":")[0]
    assert 1_000 < int(said.split()[1].replace(",", "")) < 2_000
    assert active(place) == first
    assert "reset baselines" in refused("reset", MODEL, "--by", VIEWER, "--reason", "x")
    assert "A reason" in refused("reset", MODEL, "--by", LEAD, "--reason", " ")
    assert "none of concept_drift" in refused("reset", MODEL, "--by", LEAD, "--reason", "x", "--cause", "whim")
    code, said = baseline("reset", MODEL, "--by", LEAD, "--reason", "again")
    assert (code, "already" in said) == (1, True)
    found, alert = documented(place)
    assert (found.state, found.severity, found.acknowledged_by) == ("acknowledged", "low", LEAD)
    assert alert.details["description"] == "the form changed"
    assert "second person" in refused("activate", MODEL, second, "--by", LEAD)
    assert baseline("activate", MODEL, second, "--by", OTHER_LEAD)[0] == 0
    found, alert = documented(place)
    assert (found.state, found.closed_by, alert.state) == ("closed", OTHER_LEAD, "ended")
    said = baseline("reset", MODEL, "--by", LEAD, "--cause", "data_source", "--reason", "a new bureau")[1]
    third = said.split(":")[0]
    assert "needs one of: CTO." in refused("activate", MODEL, third, "--by", OTHER_LEAD)
    decline = ["approvals", "decline", "APR-2", "--by", CTO, "--reason", "not yet"]
    assert CliRunner().invoke(cli, decline).exit_code == 0
    assert documented(place)[0].state == "closed"
    assert "needs one of: CTO." in refused("activate", MODEL, third, "--by", OTHER_LEAD)  # nor afterwards
    assert active(place) == second


def test_other_columns_than_the_pinned_ones_are_refused_in_one_line(place, data):
    create(LEAD, "--activate")
    table = pq.read_table(data / "reference.parquet")
    pq.write_table(table.drop_columns(["age"]), place / "lacks.parquet")
    pq.write_table(table.append_column("new", pa.array([1.0] * table.num_rows)), place / "more.parquet")
    assert "age" in refused("create", MODEL, "--by", LEAD, "--log", place / "lacks.parquet")
    create(LEAD, "--log", place / "more.parquet")  # what is not pinned is not counted
    CliRunner().invoke(cli, ["profile", str(place / "more.parquet"), "-o", str(place / "other.profile")])
    said = refused("create", MODEL, "--by", LEAD, "--log", place / "other.profile")
    assert "different specs" in said
    assert "new" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", MODEL, "--by", VIEWER), "Your role"),
        (("create", "incom", "--by", LEAD), "income"),
        (("create", MODEL, "--by", LEAD, "--log", "nowhere.parquet"), "nowhere.parquet"),
        (("create", MODEL, "--by", LEAD, "--log", "nowhere.profile"), "nowhere.profile"),
        (("activate", MODEL, "v9", "--by", LEAD), "v9"),
        (("diff", MODEL, "v1", "v2"), "no database"),
        (("list", MODEL), "no database"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_line(place, arguments, says):
    assert says in refused(*arguments)


def test_beside_a_running_bot_it_is_read_and_not_written(place):
    from bot import app, settings

    create(LEAD, "--activate")
    with app.only_process(settings.load()):
        assert "another bot" in refused("create", MODEL, "--by", LEAD)
        assert baseline("list", MODEL)[0] == 0
