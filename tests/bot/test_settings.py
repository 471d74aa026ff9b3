"""The environment: all that is missing is named at once, and a token in the wrong place is told."""

import pytest

from analysis.errors import BadInput
from bot import settings


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "DATABASE_URL", "ETHIXBOT_POLICY"):
        monkeypatch.delenv(name, raising=False)


def test_all_that_is_missing_is_named_at_once():
    lacking = " ".join(settings.load().lacking())
    assert "SLACK_BOT_TOKEN" in lacking
    assert "SLACK_APP_TOKEN" in lacking
    assert "SLACK_SIGNING_SECRET" in lacking


def test_tokens_in_each_others_place_are_told(monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xapp-1")
    with pytest.raises(BadInput, match="SLACK_BOT_TOKEN must start with xoxb-"):
        settings.load()


def test_tokens_are_never_shown(monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-hush")
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot:hush@localhost/bot")
    assert "hush" not in repr(settings.load())


def test_with_a_signing_secret_alone_slack_delivers_over_http(monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "s")
    loaded = settings.load()
    assert loaded.lacking() == []
    assert not loaded.uses_socket
