"""Who was affected: counted in the thread, listed for who asked alone, ids hashed; letters drafted from the record."""

import csv
import io

import httpx
import pyarrow.parquet as pq
import pytest
from sqlmodel import select

from analysis.vocabulary import Role
from bot.localslack.people import PEOPLE
from bot.operations import incidents as operations
from bot.operations.doing import Request
from storage.tables import AuditRow
from tests.world import pretty

pytestmark = pytest.mark.databases("sqlite")


def do(world, verb, by, **values):
    seen = world.choose(verb, by)
    assert seen.get("view"), pretty(seen)
    told = world.fill(by, **values) if values else {}
    world.settle()
    return pretty([seen, told])


def files(world, person):
    """Return the names and texts of the files that the bot sent to the person alone."""
    direct = world.slack.workspace.direct(PEOPLE[person].id).id
    token = {"Authorization": f"Bearer {world.slack.bot_token}"}
    sent = [file for message in world.messages(direct, user=person) for file in message.get("files", [])]
    return {one["name"]: httpx.get(one["url_private"], headers=token, trust_env=False).text for one in sent}


def test_it_is_counted_by_group_and_listed_for_who_asked_alone(fairness, data):
    do(fairness, "affected", "compliance", period="found")
    thread = pretty(fairness.alert()["replies"])
    log = pq.read_table(data / "current_e_biased_retrain.parquet").to_pylist()
    assert "Decisions in scope by `sex`" in thread
    sent = files(fairness, "compliance")
    listed = list(csv.DictReader(io.StringIO(sent[f"{fairness.incident().id}-affected-1.csv"])))
    since = min(row["time"] for row in listed)
    mine = [row for row in log if row["sex"] == "Female" and str(row["timestamp"]) >= since]
    assert len(listed) == len(mine)
    refused = sum(row["decision"] == 0 for row in mine)
    assert sum(row["outcome"] == "unfavourable" for row in listed) == refused
    assert f"{len(mine):,} decisions" in thread
    assert f"{refused:,} unfavourable (" in thread
    assert "from <!date^1743379200^" in thread
    assert "(counted from <!date^1743379200^" in pretty(fairness.alert()["blocks"])
    assert {row["sex"] for row in listed} == {"Female"}
    assert not {row["request_id"] for row in log} & {row["request_id_hashed"] for row in listed}
    assert f"{refused:,} of them unfavourable" in pretty(fairness.alert()["blocks"])
    assert ".csv" not in pretty([reply.get("files") for reply in fairness.alert()["replies"]])
    assert ("system", "affected_counted", "done") in fairness.audit()


def test_who_may_not_see_it_is_told_who_may(fairness):
    place = {"channel": "ethixai-incidents", "ts": fairness.alert()["ts"]}
    menu = fairness.ask("POST", "/_local/click", user="auditor", action_id="more", **place)["view"]
    assert "move:affected" not in pretty(menu)


def test_a_letter_tells_what_is_recorded_and_marks_what_is_not(fairness):
    do(fairness, "remedy", "compliance", offer="A person decides anew", offered_to="Sam Smith")
    with fairness.bot.services.database.read() as session:
        kept = [str(row.data) for row in session.exec(select(AuditRow).where(AuditRow.action == "remedy"))]
    assert kept
    assert "Sam Smith" not in "".join(kept)
    assert "decides anew" not in "".join(kept)
    assert "recorded a remedy" in pretty(fairness.alert()["replies"])
    for document in ("letter", "regulator", "internal"):
        do(fairness, "draft", "compliance", document=document)
    sent = files(fairness, "compliance")
    letter = sent[f"{fairness.incident().id}-notification_letter.txt"]
    assert "Only " in letter
    assert "A person decides anew" in letter
    assert "Sam Smith" not in letter
    assert "address for appeals, to be filled in" in letter
    assert "Confirmed: [not confirmed yet]" in sent[f"{fairness.incident().id}-regulator_notice.txt"]
    assert "Resolved" not in letter


def test_who_is_not_in_slack_is_told_that_the_file_goes_there(fairness):
    services = fairness.bot.services
    roles = services.policy.roles | {Role.ML_LEAD: ("robot@example.org",)}
    services.policy = services.policy.model_copy(update={"roles": roles})
    for verb, given in (("affected", {"period": "found"}), ("draft", {"document": "letter"})):
        wish = Request(verb, fairness.incident().id, "robot@example.org", fields=given)
        assert "does not know you" in operations.told(operations.move(services, wish))["says"]
