"""Mails that the policy routes: to a real mail server on loopback, one thread an incident, complete in plain text."""

import pytest
from pydantic import SecretStr

from analysis.outside import Mailed
from analysis.response.notifying import Reason
from analysis.telling import Telling
from analysis.vocabulary import Family
from bot.operations import elsewhere, recipients
from bot.ways import Outside
from storage import incidents, outbox
from storage.tables import Incident, Owed, Storm
from templates import letters
from tests.templates.views import NASTY, NOW, Maker
from tests.world import World

pytestmark = pytest.mark.databases("sqlite")  # what is sent is the same from both

COMPLIANCE = "compliance@ethixai.local"


def mailing(world: World, server: str) -> World:
    settings = world.bot.settings.model_copy(update={"smtp_url": SecretStr(server), "mail_from": "bot@ethixai.local"})
    world.bot.services.mails = True
    for sender in world.bot.senders:
        sender.outside = Outside(world.bot.services, settings)
    return world


def policy(world: World, **changes) -> None:
    services = world.bot.services
    services.policy, services.policy_version = services.policy.model_copy(update=changes), None


def later(world: World, minutes: int = 1) -> None:
    world.settle()
    for _ in range(minutes):
        world.clock.forward(minutes=1)
        world.settle()


def part(mail, kind: str):
    return next(one for one in mail.walk() if one.get_content_type() == kind)


def test_compliance_is_mailed_of_a_fairness_incident_in_one_thread_until_it_ends(world, mail_server, postbox):
    mailing(world, mail_server)
    world.week("e")
    (first,) = postbox.mails
    assert first["To"] == COMPLIANCE  # as the policy that ships says
    assert first["Subject"].startswith("[INC-2026-03-001] 🔴 Critical · Fairness · Income pre-qualification")
    assert first["Auto-Submitted"] == "auto-generated"
    text, html = part(first, "text/plain").get_content(), part(first, "text/html").get_content()
    for words in ("28 % of Female applicants", "WHO IS AFFECTED", "(disparate impact)", "Act on it in Slack: http"):
        assert words in text
    assert 'src="cid:chart"' in html
    picture = part(first, "image/png")
    assert picture["Content-ID"] == "<chart>"
    assert picture.get_content().startswith(b"\x89PNG")
    world.press("freeze", "oncall")
    world.fill("oncall", level="4", reason="Halt <b>it</b>")
    later(world)
    second = postbox.mails[1]
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert "Halt &lt;b&gt;it&lt;/b&gt;" in part(second, "text/html").get_content()
    world.choose("update", "oncall")  # is told in Slack alone
    world.fill("oncall", note="Still at it")
    later(world)
    assert len(postbox.mails) == 2
    world.week("e")  # seen again
    assert len(postbox.mails) == 2


def test_without_a_mail_server_nobody_is_owed_a_mail(fairness):
    with fairness.bot.services.database.read() as session:
        assert not [row for row in outbox.listed(session, ("pending", "parked", "sent")) if row.kind == "letter"]


def test_a_server_that_refuses_for_now_gets_it_once_later(fairness, mail_server, postbox):
    mailing(fairness, mail_server)
    postbox.answers = ["451 later", "451 later"]
    fairness.press("freeze", "oncall")
    fairness.fill("oncall", level="4", reason="Halt")
    later(fairness, 5)
    assert len(postbox.mails) == 1


def test_roles_people_and_stakeholders_are_mailed_where_slack_knows_them(fairness):
    services = fairness.bot.services
    tell = (
        Telling(name="board", stage="opened", to=("ceo", "user:board@example.org"), severity="high"),
        Telling(name="out", stage="opened", to=("product_owner",), severity="high", audience="customers"),
    )
    policy(fairness, stakeholders=tell)
    incident = fairness.incident()
    named = ("ml_lead", "Risk@example.org", "risk@example.org", "stakeholders", "user:U0ONCALL01")
    with services.database.read() as session:
        found = recipients.addresses(services, session, named, incident)
    assert found == ["ml_lead@ethixai.local", "Risk@example.org", "ceo@ethixai.local", "board@example.org",
                     "oncall@ethixai.local"]  # fmt: skip


def test_of_a_storm_only_the_first_critical_one_is_mailed(fairness):
    services = fairness.bot.services
    services.mails = True
    policy(fairness, mail=(Mailed(severity="medium", to=("a@example.org",)),))
    with services.transaction() as session:
        now = fairness.clock()
        storm = Storm(channel="c", began_at=now, last_at=now)
        session.add(storm)
        session.flush()
        for number, severity in ((8, "high"), (9, "critical")):
            told = {
                "model_id": "income-prequal",
                "family": "data",
                "state": "detected",
                "channel": "c",
                "opened_at": now,
            }
            incident = Incident(id=f"INC-2026-03-00{number}", severity=severity, storm_id=storm.id, **told)
            session.add(incident)
            session.flush()
            elsewhere.follow(services, session, incident, incidents.note(session, incident.id, "system", "opened", now))
        rows = {
            row.subject: row.status for row in outbox.listed(session, ("pending", "withheld")) if row.kind == "letter"
        }
    assert rows == {"INC-2026-03-008": "withheld", "INC-2026-03-009": "pending"}


def test_a_digest_goes_out_as_a_mail_too(fairness, mail_server, postbox):
    mailing(fairness, mail_server)
    digests = tuple(one.model_copy(update={"mail": ("ml_lead", "risk@example.org")})
                    for one in fairness.bot.services.policy.digests)  # fmt: skip
    policy(fairness, digests=digests)
    fairness.clock.forward(days=1)
    later(fairness)
    assert sorted(mail["To"] for mail in postbox.mails) == ["ml_lead@ethixai.local", "risk@example.org"]
    mail = postbox.mails[0]
    assert mail["Subject"].strip().startswith("Model watch: the last 24 hours.")
    for kind in ("text/plain", "text/html"):
        text = part(mail, kind).get_content()
        assert "INC-2026-03-001" in text
        assert "<!date" not in text
        assert "<http" not in text


@pytest.mark.parametrize("family", Family)
def test_nothing_from_outside_is_markup_in_a_mail(family):
    make = Maker()
    view = make.handled(make.view(family, name=NASTY, many=200), NASTY)
    written = letters.of_incident(view, view.timeline[-1], NOW)
    assert "<script>" not in written.html
    assert "\n" not in written.subject
    assert len(written.subject) <= 150
    assert written.text.count("WHO IS AFFECTED") == 1


def test_a_row_names_no_address_in_its_key(fairness):
    services = fairness.bot.services
    services.mails = True
    digest = services.policy.digests[0].model_copy(update={"mail": ("risk@example.org",)})
    policy(fairness, digests=(digest,))
    now = fairness.clock()
    with services.transaction() as session:
        owed = Owed(
            key="digest:x", kind="digest", subject=digest.name, channel=digest.channel, next_at=now, created_at=now
        )
        elsewhere.mail_digest(services, session, owed)
        elsewhere.mail_digest(services, session, owed)
        (row,) = [one for one in outbox.listed(session, ("pending",)) if one.kind == "digest_letter"]
    assert "risk" not in row.key
    assert row.reason == Reason.SCHEDULED
