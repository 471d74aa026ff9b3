"""What `doctor` says of tracker, pagers, notifiers and mail; it sends nothing and shows no secret."""

import pytest

from bot import connected, settings
from tests.counterparts.github import REPOSITORY, TOKEN, GitHubServer
from tests.counterparts.pagers import PagerDutyServer

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
CHECKS = (connected.tracker, connected.pagers, connected.notifiers, connected.mail)


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """Return the settings under a policy with these lines in place of the shipped ones."""
    from bot.app import DEFAULT_POLICY

    def made(*changes: tuple[str, str], **variables: str):
        text = DEFAULT_POLICY.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "policy.yaml").write_text(text)
        monkeypatch.setenv("ETHIXBOT_POLICY", str(tmp_path / "policy.yaml"))
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return settings.load()

    return made


def test_what_the_policy_does_not_name_is_not_used(environment):
    told = environment(("  - {severity: high, families: [fairness], to: [compliance@ethixai.local]}\n", "  []\n"))
    assert [check(told) for check in CHECKS] == [connected.UNUSED] * 4


def test_compliance_is_not_mailed_without_a_server_and_that_is_said(environment, mail_server):
    is_well, says = connected.mail(environment())
    assert (is_well, "set ETHIXBOT_SMTP_URL" in says) == (None, True)
    assert connected.mail(environment(ETHIXBOT_SMTP_URL=mail_server))[0] is True
    assert connected.mail(environment(ETHIXBOT_SMTP_URL="smtp://127.0.0.1:9"))[0] is False


def test_the_tracker_is_asked_for_its_repository(environment):
    with GitHubServer() as github:
        change = ("tracker: null", f"tracker: {{repository: {REPOSITORY}, url: '{github.url}'}}")
        assert connected.tracker(environment(change)) == (False, "set ETHIXBOT_GITHUB_TOKEN")
        is_well, says = connected.tracker(environment(change, ETHIXBOT_GITHUB_TOKEN=TOKEN))
        assert (is_well, REPOSITORY in says) == (True, True)
        is_well, says = connected.tracker(environment(change, ETHIXBOT_GITHUB_TOKEN="another"))
        assert (is_well, says) == (False, "GitHub answers 401: Bad credentials")
        assert not github.issues


def test_a_pager_needs_its_key_and_an_answer_and_is_not_rung(environment):
    with PagerDutyServer() as duty:
        line = f"pagers: [{{name: ops, kind: pagerduty, key: ETHIXBOT_SECRET_A, url: '{duty.url}/users/x'}}]"
        change = ("pagers: []", line)
        assert connected.pagers(environment(change)) == (False, "set ETHIXBOT_SECRET_A")
        is_well, says = connected.pagers(environment(change, ETHIXBOT_SECRET_A="k"))
        assert is_well is True
        assert "is not heard" in says
        assert not duty.events
    away = ("pagers: []", "pagers: [{name: ops, kind: opsgenie, key: ETHIXBOT_SECRET_A, url: 'http://127.0.0.1:9'}]")
    assert connected.pagers(environment(away, ETHIXBOT_SECRET_A="k"))[0] is False


def test_a_notifier_needs_addresses_that_apprise_knows(environment):
    change = ("notifiers: []", "notifiers: [{name: sms, urls: ETHIXBOT_SECRET_S}]")
    assert connected.notifiers(environment(change)) == (False, "set ETHIXBOT_SECRET_S")
    is_well, says = connected.notifiers(environment(change, ETHIXBOT_SECRET_S="pigeon://secret-roof"))
    assert is_well is False
    assert "secret-roof" not in says
    assert connected.notifiers(environment(change, ETHIXBOT_SECRET_S="json://127.0.0.1:9/x"))[0] is True
