"""A critical alert that Slack does not take goes out by mail, to a real mail server on loopback, once."""

import smtplib

import pytest

from bot.integrations.errors import Permanent, TryLater, Uncertain
from bot.integrations.mail.smtp import Mail, Smtp
from storage import outbox
from tests.world import World, buttons

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def undelivered(slack, clock, night, mail_server):
    made = World(slack, night.folder, clock, address=night.address)
    services = made.bot.services
    services.policy = services.policy.model_copy(update={"fallback_mail": ("oncall@ethixai.local",)})
    for sender in made.bot.senders:
        sender.mail = Smtp(mail_server, "bot@ethixai.local")
    yield made
    made.stop()


def deliver(world: World, minutes: int) -> None:
    for _ in range(minutes):
        world.settle()
        world.clock.forward(minutes=1)


def test_a_revoked_token_sends_a_mail_at_once_and_slack_gets_the_alert_later(undelivered, postbox):
    undelivered.ask("POST", "/_local/fault", method="*", error="token_revoked", times=1_000)
    deliver(undelivered, 3)
    (mail,) = postbox.mails
    assert mail["To"] == "oncall@ethixai.local"
    assert mail["Subject"].startswith("INCIDENT ALERT: INC-2026-03-001")
    assert "the bot's token was revoked" in mail.get_content()
    assert "SLACK_BOT_TOKEN" in mail.get_content()
    undelivered.ask("POST", "/_local/heal")
    deliver(undelivered, 2)
    assert len([m for m in undelivered.messages() if buttons(m)]) == 1
    assert len(postbox.mails) == 1


def test_slack_may_be_away_for_two_minutes_before_a_mail_goes_out(undelivered, postbox):
    undelivered.ask("POST", "/_local/fault", method="*", status=503, times=1_000)
    deliver(undelivered, 1)
    assert not postbox.mails
    deliver(undelivered, 5)
    assert len(postbox.mails) == 1


def test_with_both_channels_closed_a_mail_goes_out_at_once(undelivered, postbox):
    for channel in ("ethixai-incidents", "engineering"):
        undelivered.ask("POST", "/_local/archive", channel=channel)
    deliver(undelivered, 1)
    (mail,) = postbox.mails
    assert "the channel is archived" in mail.get_content()
    with undelivered.bot.services.database.read() as session:
        assert "incident" in {row.kind for row in outbox.parked(session)}


def test_a_mail_server_that_refuses_for_now_is_tried_again(undelivered, postbox):
    postbox.answers = ["451 later", "451 later"]
    undelivered.ask("POST", "/_local/fault", method="*", error="token_revoked", times=1_000)
    deliver(undelivered, 8)
    assert len(postbox.mails) == 1


def test_without_a_mail_server_the_row_is_given_up_with_what_to_do(undelivered):
    for sender in undelivered.bot.senders:
        sender.mail = None
    undelivered.ask("POST", "/_local/fault", method="*", error="token_revoked", times=1_000)
    deliver(undelivered, 2)
    with undelivered.bot.services.database.read() as session:
        assert [row.last_error for row in outbox.parked(session)] == ["no_mail_server"]


MAIL = Mail(("a@ethixai.local",), "A\nBcc: everyone@example.org", "Words", "INC-1:message:mail")


def test_a_subject_brings_no_headers_in(mail_server, postbox):
    Smtp(mail_server, "bot@ethixai.local").send(MAIL)
    (mail,) = postbox.mails
    assert mail["Subject"] == "A Bcc: everyone@example.org"
    assert mail["Bcc"] is None
    assert mail["Message-ID"] == "<INC-1.message.mail@ethixai.local>"


@pytest.mark.parametrize(
    ("answer", "error"), [("550 never", Permanent), ("421 later", TryLater), ("451 later", TryLater)]
)
def test_each_refusal_says_what_to_do_next(mail_server, postbox, answer, error):
    postbox.answers = [answer]
    with pytest.raises(error):
        Smtp(mail_server, "bot@ethixai.local").send(MAIL)


def test_nobody_there_is_later_and_an_answer_that_is_lost_is_uncertain(mail_server, monkeypatch):
    with pytest.raises(TryLater):
        Smtp("smtp://127.0.0.1:9", "bot@ethixai.local").send(MAIL)

    def lost(self, message):
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(smtplib.SMTP, "send_message", lost)
    with pytest.raises(Uncertain):
        Smtp(mail_server, "bot@ethixai.local").send(MAIL)
