"""`ethixbot audit verify` and `audit export`: one line a fault, extracts that nothing takes for a formula."""

import csv
import hashlib
import io
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
import rfc8785
import uvicorn
from sqlalchemy import text
from typer.testing import CliRunner

from analysis.errors import BadInput
from bot import app, keys
from bot.cli import cli
from storage import audit, checkpoints, protection, segments
from storage.audit import Entry

NOW = datetime(2024, 11, 23, 12, tzinfo=UTC)
AUDITOR, ENGINEER = "audit@x.org", "eng@x.org"
POLICY = "roles:\n  auditor: [audit@x.org]\n  ml_engineer: [eng@x.org]\n"
NASTY = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx")


@pytest.fixture
def place(tmp_path, monkeypatch, database):
    """A log of twelve rows over six days, the first five in a segment, a checkpoint at the ninth."""
    (tmp_path / "policy.yaml").write_text(app.DEFAULT_POLICY.read_text().replace("roles: {}", POLICY))
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ETHIXBOT_POLICY", str(tmp_path / "policy.yaml"))
    monkeypatch.setenv("ETHIXBOT_DATA", str(tmp_path / "kept"))
    signing = keys.load(tmp_path / "kept/keys").signing
    (tmp_path / "public.pem").write_bytes(keys.load(tmp_path / "kept/keys").public_pem())
    with database.write() as session:
        for number in range(12):
            entry = Entry(f"U{number % 3}", "acknowledge", NASTY[number % 6], data={"n": number})
            audit.append(session, entry, NOW + timedelta(days=number // 2))
            if number == 8:
                made = checkpoints.keep(session, audit.head_of(session), signing, NOW)
                (tmp_path / "anchors").write_text(made.note)
        moved = segments.write(
            session, segments.Stretch(0, protection.GENESIS, 5), tmp_path / "kept/audit", signing, NOW
        )
        session.add(moved)
        session.flush()
        segments.remove(session, moved, 100)
    return tmp_path


def run(*arguments):
    done = CliRunner().invoke(cli, ["audit", *map(str, arguments)])
    if isinstance(done.exception, BadInput):
        assert "\n" not in str(done.exception)
        return 2, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout


def extract(place, *arguments, by=AUDITOR):
    code, said = run("export", "--by", by, "--out", place / "out", *arguments)
    return (code, said) if code else (0, (place / "out").read_bytes().decode())


def trail(database):
    with database.read() as session:
        assert audit.verify(session)[1] == []
        return [row for row in audit.since(session, 12) if row.action.startswith("audit")]


def test_a_log_that_holds_says_how_far_it_is_signed(place):
    code, said = run("verify")
    assert code == 0
    assert "12 rows hold; head 12" in said
    assert "Signed up to row 9" in said
    assert "rows newer than that: 3" in said
    assert "that agree: 1, up to row 9" in run("verify", "--anchors", place / "anchors")[1]
    assert run("verify", "--anchors", place / "anchors", "--key", place / "public.pem")[0] == 0


def test_each_fault_is_a_line_and_the_exit_code_one(place, database):
    with database.engine.connect() as connection:
        connection.execute(text("DROP TRIGGER audit_no_update" + ("" if database.is_sqlite else " ON audit")))
        connection.execute(text("UPDATE audit SET actor = 'U9' WHERE seq IN (7, 9)"))
        connection.commit()
    code, said = run("verify")
    assert code == 1
    assert said.splitlines() == [
        "row 7 was changed after it was written",
        "row 9 was changed after it was written",
        "trigger audit_no_update is missing or was changed",
    ]


def test_another_key_than_the_one_that_signed_is_noticed(place, tmp_path):
    (tmp_path / "other.pem").write_bytes(keys.load(tmp_path / "others").public_pem())
    code, said = run("verify", "--anchors", place / "anchors", "--key", tmp_path / "other.pem")
    assert code == 1
    assert "row 9 has a checkpoint that is not signed by this key" in said


def test_a_spreadsheet_takes_no_cell_for_a_formula(place):
    _, said = extract(place)
    rows = list(csv.DictReader(io.StringIO(said, newline="")))
    assert [int(row["seq"]) for row in rows[:12]] == list(range(1, 13))
    assert [row["entity"] for row in rows[:6]] == [f"'{nasty}" for nasty in NASTY]
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_each_line_of_json_is_checked_with_nothing_of_ours(place):
    _, said = extract(place, "--format", "json", "--actor", "U1")
    told = [json.loads(line) for line in said.splitlines()]
    assert [one["seq"] for one in told] == [2, 5, 8, 11]
    for one in told:
        hash = one.pop("hash")
        assert hashlib.sha256(rfc8785.dumps(one)).hexdigest() == hash


@pytest.mark.parametrize(
    ("filters", "rows"),
    [(("--from", "2024-11-25", "--to", "2024-11-26"), [5, 6, 7, 8]), (("--to", "2024-11-23T12:00"), []),
     (("--entity", "=1+1"), [1, 7]), (("--action", "acknowledge", "--outcome", "done", "--actor", "U2"), [3, 6, 9, 12]),
     (("--outcome", "refused"), [])],
)  # fmt: skip
def test_filters_hold_in_segments_and_in_the_table(place, filters, rows):
    _, said = extract(place, "--format", "json", *filters)
    assert [json.loads(line)["seq"] for line in said.splitlines()] == rows


def test_an_extract_is_recorded_before_and_after_with_its_sha256(place, database):
    extract(place, "--actor", "U1")
    asked, given = trail(database)
    assert (asked.actor, asked.action, asked.data["actor"]) == (AUDITOR, "audit_export_asked", "U1")
    assert given.data["rows"] == 4
    assert given.data["sha256"] == hashlib.sha256((place / "out").read_bytes()).hexdigest()


def test_who_may_not_gets_nothing_and_that_is_recorded(place, database):
    code, said = extract(place, by=ENGINEER)
    assert code == 2
    assert "see the audit log" in said
    assert not (place / "out").exists()
    assert [(row.actor, row.action, row.outcome) for row in trail(database)] == [
        (ENGINEER, "audit_export_asked", "refused")
    ]


def test_it_goes_to_standard_output_where_no_file_is_named(place):
    code, said = run("export", "--by", AUDITOR, "--format", "json", "--actor", "U1")
    assert code == 0
    assert len(said.splitlines()) == 4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("verify", "--anchors", "nowhere"), "nowhere: cannot be read"),
        (("verify", "--key", "nowhere"), "is no public key"),
        (("export", "--by", AUDITOR, "--format", "xml"), "Use csv or json"),
        (("export", "--by", AUDITOR, "--from", "yesterday"), "is no time"),
        (("export", "--by", AUDITOR, "--out", "no/such/folder"), "cannot be written"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_line(place, arguments, says):
    code, said = run(*arguments)
    assert code == 2
    assert says in said


@pytest.mark.databases("sqlite")
def test_beside_a_running_bot_the_bot_records_it(place, database, monkeypatch):
    from bot import settings
    from bot.http import server

    where = settings.load()
    with app.only_process(where):
        services = app.open_services(where)
        config = uvicorn.Config(
            server.build(services, None, None), port=0, log_level="warning", log_config=None, lifespan="off"
        )
        listening, http = config.bind_socket(), uvicorn.Server(config)
        thread = threading.Thread(target=http.run, args=([listening],))
        thread.start()
        monkeypatch.setenv("ETHIXBOT_PORT", str(listening.getsockname()[1]))
        try:
            assert run("verify")[0] == 0
            assert len(list(csv.reader(io.StringIO(extract(place, "--actor", "U1")[1])))) == 5
            assert "see the audit log" in extract(place, by=ENGINEER)[1]
        finally:
            http.should_exit = True
            thread.join()
            services.database.dispose()
    assert [(row.action, row.outcome) for row in trail(database)] == [
        ("audit_export_asked", "done"), ("audit_export", "done"), ("audit_export_asked", "refused")
    ]  # fmt: skip


def test_a_folder_without_a_key_says_so(place, monkeypatch, tmp_path):
    monkeypatch.setenv("ETHIXBOT_DATA", str(tmp_path / "empty"))
    assert "there is no signing key" in run("verify")[1]
    assert not (tmp_path / "empty").exists()
