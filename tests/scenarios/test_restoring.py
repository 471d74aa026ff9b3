"""A backup in mid-incident, the database lost, the backup put back: nothing doubled, the thread goes on."""

from datetime import timedelta

import pytest
from sqlmodel import select

from analysis.errors import BadInput
from analysis.vocabulary import Role
from bot import backing, doctor
from bot.backing import Wanted
from bot.operations import notices
from storage import checkpoints, counters
from storage.tables import AuditRow, Incident, TimelineEntry, Timer
from tests.world import buttons


@pytest.fixture
def story(fairness, monkeypatch, tmp_path, backend, request):
    """The fairness alert stands; the environment is that of its bot."""
    settings = fairness.bot.settings
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("ETHIXBOT_DATA", str(settings.data))
    monkeypatch.setenv("ETHIXBOT_POLICY", str(settings.policy))
    monkeypatch.setenv("SLACK_BOT_TOKEN", settings.slack_bot_token.get_secret_value())
    monkeypatch.setenv("SLACK_API_URL", settings.slack_api_url)
    if backend == "postgresql":
        monkeypatch.setenv("ETHIXBOT_PG_BIN", str(request.getfixturevalue("postgresql").server.bin_path))
    fairness.admin = fairness.bot.services.policy.roles[Role.ADMIN][0]
    fairness.file = tmp_path / "backup.bin"
    return fairness


def restore(world, **more):
    return backing.restore(Wanted(world.file, world.admin, **more), world.clock)


def texts(world):
    return sorted(message["text"] for channel in ("ethixai-incidents", "ml-monitoring", "engineering", "ai-audit")
                  for message in world.messages(channel))  # fmt: skip


def rows(world, table, *where):
    with world.bot.services.database.read() as session:
        return list(session.exec(select(table).where(*where)))


def test_a_restore_in_mid_incident_doubles_nothing_and_names_what_is_lost(story, tmp_path):
    world = story
    now = world.clock()
    with world.bot.services.database.write() as session:  # owed at the time of the backup, sent after it
        notices.owe(session, "waits", "engineering", now + timedelta(minutes=5), about="word_of_the_night")
        session.add(Timer(key="digest:daily:ml-monitoring:2026-03-09", kind="digest", subject="daily:ml-monitoring",
                          due_at=now + timedelta(minutes=10),
                          data={"name": "daily", "channel": "ml-monitoring"}))  # fmt: skip
    had = len(world.messages("ml-monitoring"))
    made = backing.backup(world.file, world.clock)
    assert made.seq == rows_of_audit(world)[-1].seq

    world.clock.forward(minutes=20)
    world.settle()
    world.press("acknowledge", by="oncall")
    world.clock.forward(seconds=11)
    world.settle()
    assert world.incident().state == "acknowledged"
    digests = len(world.messages("ml-monitoring"))
    assert digests == had + 1
    head = rows_of_audit(world)[-1]
    with world.bot.services.transaction() as session:
        anchor = checkpoints.keep(session, (head.seq, head.hash), world.bot.services.keys.signing, world.clock())
    anchors = tmp_path / "anchors.txt"
    anchors.write_text(anchor.note)
    before = texts(world)
    world._socket.close()  # at once, so that the workspace delivers nothing to the bot that is gone
    world.stop()

    world.clock.forward(minutes=30)
    done = restore(world, anchors=anchors, replaces=True)
    assert done.lost[:2] == (made.seq + 1, head.seq)
    assert done.kept
    assert done.looked_for >= 2
    is_told_what_it_does_not_know(world, done)

    world.start()
    world.settle()
    world.clock.forward(seconds=11)
    world.settle()
    after = texts(world)
    assert sum("word of the night" in text for text in after) == 1
    assert len(world.messages("ml-monitoring")) == digests
    assert len([m for m in world.messages() if buttons(m)]) == 1
    assert len(after) - len(before) <= 1  # what the restore itself has to tell
    assert world.incident().state == "detected"
    restored = next(row for row in rows_of_audit(world) if row.action == "restored")
    assert (restored.seq, restored.actor, restored.data["seq"]) == (made.seq + 1, world.admin, made.seq)

    seen = world.press("acknowledge", by="oncall")
    world.clock.forward(seconds=11)
    world.settle()
    assert world.incident().state == "acknowledged", seen
    assert max(row.id for row in rows(world, TimelineEntry)) > 1000  # its key was never another line's
    world.audit()
    with world.bot.services.database.write() as session:
        assert int(counters.incident_id(session, world.clock())[-3:]) > 100  # those of lost ones are left out


def is_told_what_it_does_not_know(world, done):
    """The acknowledgement's line in the thread is named and kept; what is owed again under its old key is not."""
    assert done.unseen is None
    lost = [one for one in done.unknown if one.key.startswith("timeline:")]
    assert {one.channel for one in lost} == {"ethixai-incidents"}
    assert not {"waits", "digest:daily:ml-monitoring:2026-03-09"} & {one.key for one in done.unknown}
    compared = next(row for row in rows_of_audit(world) if row.action == "restore_compared")
    assert [f"#{one.channel} {one.ts} {one.key}" for one in done.unknown] == compared.data["unknown"]
    assert (compared.actor, compared.data["looked_at"] > len(done.unknown)) == (world.admin, True)


def rows_of_audit(world):
    with world.bot.services.database.read() as session:
        return list(session.exec(select(AuditRow).order_by(AuditRow.seq)))


def test_a_restore_that_must_not_be_changes_nothing(story, tmp_path):
    assert doctor.CHECKS["backup"](story.bot.settings)[0] is None
    backing.backup(story.file, story.clock)
    is_well, says = doctor.CHECKS["backup"](story.bot.settings)
    assert (is_well, str(story.file) in says) == (True, True)
    with pytest.raises(BadInput, match="is there already"):
        backing.backup(story.file, story.clock)
    if not story.bot.services.database.is_sqlite:
        with pytest.raises(BadInput, match="a bot runs on this database"):
            restore(story, replaces=True)
    story.stop()
    with pytest.raises(BadInput, match="With --replace"):
        restore(story)
    with pytest.raises(BadInput, match="needs one of"):
        backing.restore(Wanted(story.file, "U_NOBODY", replaces=True), story.clock)
    content = story.file.read_bytes()
    story.file.write_bytes(content[:-1])
    with pytest.raises(BadInput, match="changed or cut short"):
        restore(story, replaces=True)
    story.file.write_bytes(content)
    manifest = story.file.with_name("backup.bin.json")
    told = manifest.read_text()
    manifest.write_text(told.replace('"seq": ', '"seq": 1'))
    with pytest.raises(BadInput, match="not signed by this key"):
        restore(story, replaces=True)
    manifest.write_text(told)
    story.start()
    assert len(rows(story, Incident)) == 1
    assert not [row for row in rows_of_audit(story) if row.action == "restored"]
