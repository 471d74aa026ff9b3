"""Checkpoints reach Slack and evidence bundles; `audit verify` reads them back; a broken log is told loudly."""

import tarfile

import pytest
from sqlalchemy import text
from sqlmodel import select

from bot import anchors
from bot.operations import sealing
from storage import checkpoints, notes, proof, protection
from storage.tables import Bundle, Checkpoint, Owed
from tests.world import pretty

CHANNEL = "ai-audit"


def posted(world) -> list[str]:
    return [note.lines[1] for message in world.messages(CHANNEL) for note in notes.find(message["text"])[0]]


def outside(world):
    bot = world.bot
    return anchors.from_slack(bot.settings, bot.services.policy, bot.services.keys.signing.public_key())


def faults(world, given=()) -> list[str]:
    with world.bot.services.database.read() as session:
        verdict = proof.verify(session, proof.Given(*_mine(world), given))
    return [str(fault) for fault in verdict.faults]


def _mine(world):
    mine = sealing.given(world.bot.services)
    return mine.public, mine.folder


def look(world):
    """Do something that the log records; return what the person saw."""
    return world.type("/ethix status", by="oncall", channel="general")


def deliver(world) -> None:
    """Let only the senders work: the first count of the baseline takes a while."""
    senders = [loop for loop in world.bot.loops.loops if loop.name.startswith("delivery")]
    for _ in range(100):
        if not any(loop.step() for loop in senders):
            return
        world.clock.forward(seconds=1)


def past_the_bot(world, *statements: str) -> None:
    """Change what the triggers forbid, and leave them as they were."""
    database = world.bot.services.database
    with database.engine.connect() as connection:
        on = "" if database.is_sqlite else " ON audit"
        connection.execute(text(f"DROP TRIGGER audit_no_update{on}"))
        connection.execute(text(f"DROP TRIGGER audit_no_delete{on}"))
        for statement in statements:
            connection.execute(text(statement))
        protection.protect(connection)
        connection.commit()


def test_each_hour_in_which_the_log_grew_it_is_sealed_and_posted(world):
    services = world.bot.services
    look(world)
    assert sealing.when_due(services)
    assert not sealing.when_due(services)
    look(world)
    assert not sealing.when_due(services)  # not an hour yet
    world.clock.forward(hours=1)
    assert sealing.when_due(services)
    world.clock.forward(hours=5)
    assert not sealing.when_due(services)  # nothing happened: an idle log is not sealed again and again
    deliver(world)
    assert len(posted(world)) == 2
    found = outside(world)
    assert sorted(str(one.seq) for one in found) == sorted(posted(world))
    assert all(one.fault is None for one in found)
    assert faults(world, found) == []


def test_the_bundle_carries_the_checkpoint_and_its_statement_too(fairness, tmp_path):
    fairness.press("export", by="auditor")
    fairness.settle()
    services = fairness.bot.services
    with services.database.read() as session:
        bundle = session.exec(select(Bundle)).one()
        sealed = session.exec(select(Checkpoint)).one()
    found = checkpoints.read(services.data / "evidence" / bundle.path, services.keys.signing.public_key())
    assert [(one.seq, one.hash, one.fault) for one in found] == [(sealed.seq, sealed.hash, None)]
    with tarfile.open(bundle.path) as archive:
        statement = next(member for member in archive if member.name.endswith("statement.dsse.json"))
        import base64
        import json

        envelope = json.loads(archive.extractfile(statement).read())
    assert json.loads(base64.b64decode(envelope["payload"]))["predicate"]["Audit-Checkpoint"] == sealed.note
    assert posted(fairness) == [str(sealed.seq)]


def test_a_tail_cut_with_its_head_put_right_contradicts_slack(world):
    look(world)
    sealing.seal(world.bot.services)
    deliver(world)
    past_the_bot(
        world,
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
        "UPDATE audit_head SET seq = (SELECT max(seq) FROM audit),"
        " hash = (SELECT hash FROM audit ORDER BY seq DESC LIMIT 1)",
    )
    assert any("its tail was cut off" in fault for fault in faults(world, outside(world)))


def test_a_broken_log_is_not_signed_is_told_and_the_bot_runs_on(world):
    services = world.bot.services
    sealing.seal(services)
    look(world)
    past_the_bot(world, "UPDATE audit SET actor = 'U0CTO00001' WHERE seq = (SELECT max(seq) FROM audit)")
    assert sealing.seal(services) is None
    world.stop()
    world.start()
    deliver(world)
    told = [message for message in world.messages("engineering") if "not what it was" in pretty(message)]
    assert len(told) == 1  # looked at twice, told once
    assert "was changed after it was written" in pretty(told)
    assert "Nothing" in pretty(look(world)) or "open" in pretty(look(world))


def test_triggers_that_were_missing_at_the_start_are_told(world):
    database = world.bot.services.database
    with database.engine.connect() as connection:
        connection.execute(text("DROP TRIGGER audit_no_delete" + ("" if database.is_sqlite else " ON audit")))
        connection.commit()
    world.stop()
    world.start()
    deliver(world)
    assert "audit_no_delete" in pretty(world.messages("engineering"))
    assert ("system", "triggers_restored", "done") in world.audit()
    assert faults(world) == []


def test_a_channel_that_cannot_be_used_gets_no_pile(world):
    services = world.bot.services
    services.policy = services.policy.model_copy(update={"audit_channel": "nowhere"})
    for _ in range(3):
        look(world)
        assert sealing.seal(services)
        deliver(world)
    with services.database.read() as session:
        rows = session.exec(select(Owed).where(Owed.kind == "proof")).all()
    assert [row.status for row in rows] == ["parked"]


@pytest.mark.parametrize("change", [{"slack_bot_token": None}, {"slack_api_url": "http://127.0.0.1:9/api/"}])
def test_what_cannot_be_read_is_one_line(world, change):
    from analysis.errors import BadInput

    settings = world.bot.settings.model_copy(update=change)
    with pytest.raises(BadInput) as refused:
        anchors.from_slack(settings, world.bot.services.policy, world.bot.services.keys.signing.public_key())
    assert "\n" not in str(refused.value)


def test_a_workspace_without_a_checkpoint_says_so(world):
    from analysis.errors import BadInput

    with pytest.raises(BadInput, match="holds no checkpoint in #ai-audit"):
        outside(world)


def test_what_an_incidents_message_carries_counts_and_what_people_write_does_not(world):
    look(world)
    sealing.seal(world.bot.services)
    with world.bot.services.database.read() as session:
        carried = checkpoints.latest(session)
    metadata = {"event_type": "ethixbot_message", "event_payload": {"key": "INC-1:message", "checkpoint": carried}}
    world.bot.web.chat_postMessage(channel="ethixai-incidents", text="An incident", metadata=metadata)
    forged = carried["note"].replace(f"\n{carried['seq']}\n", "\n99\n")
    world.ask("POST", "/_local/say", user="viewer", channel=CHANNEL, text=forged)
    assert [(one.seq, one.hash, one.fault) for one in outside(world)] == [(carried["seq"], carried["hash"], None)]
    deliver(world)
    assert len(outside(world)) == 1  # the same one, posted where it belongs
    payload = next(m["metadata"]["event_payload"] for m in world.messages(CHANNEL) if m["metadata"])
    assert payload["checkpoint"]["note"] == carried["note"]
