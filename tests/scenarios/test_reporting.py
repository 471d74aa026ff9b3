"""What people see and report in Slack opens an incident, joins the one there is, and is kept as evidence."""

import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlmodel import select

from bot.demo.demo import MODEL
from storage import incidents
from storage.tables import Bundle, Incident, PersonReport
from tests.world import pretty

pytestmark = pytest.mark.databases("sqlite")

COMPLAINT = "A woman with <good> income was refused & asks why"
QUOTED = "My loan was refused <!channel> and nobody says why"


@pytest.fixture
def world(fairness):
    """A world in which something else is open already."""
    return fairness


def fill(world, by, **values):
    given = {"kind": "bias", "model": MODEL, "description": COMPLAINT} | values
    seen = world.fill(by, **given)
    world.settle()
    return pretty(seen)


def report(world, by="product_owner", **values):
    world.type("/ethix report", by)
    return fill(world, by, **values)


def shortcut(world, by, text=QUOTED, author="compliance"):
    """Use the shortcut on a message that somebody wrote."""
    world.ask("POST", "/_local/say", user=author, channel="ethixai-incidents", text=text)
    ts = next(one["ts"] for one in reversed(world.messages()) if one.get("user") and not one.get("bot_id"))
    place = {"channel": "ethixai-incidents", "ts": ts}
    return world.ask("POST", "/_local/shortcut", user=by, callback_id="report_message", **place)


def rows(world, table):
    with world.bot.services.database.read() as session:
        return list(session.exec(select(table)))


def view(world):
    with world.bot.services.database.read() as session:
        return incidents.view(session, world.incident().id)


def test_a_complaint_opens_an_incident_and_the_next_one_joins_it(world):
    assert "is open in #" in report(world)
    incident, alert = world.incident(), world.alert()
    assert (incident.family, incident.severity, incident.state) == ("fairness", "high", "detected")
    text = pretty(alert["blocks"])
    assert "Unfair treatment" in text
    assert "&lt;good&gt; income" in text
    assert "<good>" not in text
    assert view(world).steps[0].runbook == "bias"
    assert "acknowledge" in {clock.kind for clock in view(world).clocks}
    assert "This is known" in report(world, by="auditor", revenue="over_50")
    assert world.incident().id == incident.id
    assert world.incident().severity == "critical"
    assert "2 times by 2 people" in pretty(world.alert()["blocks"])
    assert "reported the same" in pretty(world.alert()["replies"])
    assert [outcome for _, action, outcome in world.audit() if action == "report"] == ["done", "done"]


def test_a_quoted_message_is_kept_with_who_wrote_it_and_where_it_stands(world):
    seen = shortcut(world, "security")
    assert "is kept as evidence" in pretty(seen["view"])
    fill(world, "security", kind="breach")
    kept = rows(world, PersonReport)[0]
    assert kept.quote["text"] == QUOTED
    assert kept.quote["author"] == "U0COMPLY01"
    assert kept.quote["permalink"].startswith("http")
    text = pretty(world.alert()["blocks"])
    assert "refused &lt;!channel&gt; and nobody" in text
    assert kept.quote["permalink"] in text
    assert world.incident().severity == "critical"
    assert "Breach of personal data" in text


def test_evidence_holds_the_reports_with_the_quoted_words_whole(world):
    shortcut(world, "security", text=f"{QUOTED} {'x' * 3_000}")
    fill(world, "security", kind="breach")
    world.press("export", "auditor")
    world.settle()
    with world.bot.services.database.read() as session:
        bundle = session.exec(select(Bundle).where(Bundle.incident_id == world.incident().id)).one()
    with tarfile.open(bundle.path) as archive:
        held = {Path(one.name).name: archive.extractfile(one).read().decode() for one in archive if one.isfile()
                and one.name.endswith(("reports.json", "report.md"))}  # fmt: skip
    assert json.loads(held["reports.json"])[0]["quote"]["text"] == f"{QUOTED} {'x' * 3_000}"
    assert "Reports" in held["report.md"]
    assert "People reported it" in held["report.md"]


def test_who_only_looks_may_not_report(world):
    assert "needs one of" in pretty(world.type("/ethix report", "viewer"))
    assert "needs one of" in pretty(shortcut(world, "viewer")["view"])
    assert not rows(world, PersonReport)


def test_an_incomplete_report_is_told_at_its_field_and_may_be_sent_again(world):
    world.type("/ethix report", "oncall")
    assert "Description" in pretty(fill(world, "oncall", description="  "))
    assert not rows(world, PersonReport)
    assert "is open in #" in fill(world, "oncall")


def test_two_who_report_at_once_share_one_incident(world):
    for who in ("oncall", "ml_lead"):
        world.type("/ethix report", who)
    with ThreadPoolExecutor(2) as pool:
        given = {"kind": "outage", "model": MODEL, "description": "It answers nothing"}
        list(pool.map(lambda who: world.fill(who, **given), ("oncall", "ml_lead")))
    world.settle()
    assert len(rows(world, Incident)) == 2  # and the one that was there
    assert len(rows(world, PersonReport)) == 2


def test_reported_again_after_its_end_it_reopens_while_watched_and_is_new_after_a_false_alarm(world):
    report(world, kind="toxic")
    world.press("acknowledge", "oncall")
    world.settle()
    world.press("resolve", "oncall")
    world.fill("oncall", note="Filter mended")
    world.settle()
    assert "Back within its limits" not in pretty(world.alert()["blocks"])
    report(world, kind="toxic")
    assert world.incident().state == "detected"
    first = world.incident().id
    world.choose("false_positive", "ml_lead", world.alert())
    world.fill("ml_lead", reason="A test of ours")
    world.settle()
    report(world, kind="toxic")
    assert world.incident().id != first
