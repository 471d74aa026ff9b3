"""A workspace, a client, a person and a Bolt app for each test."""

from collections.abc import Iterator

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from bot.localslack import LocalSlack
from tests.bot.localslack.helpers import MANIFEST, Bolted, Clock, Person


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(MANIFEST, retry_after=(0.0, 0.01, 0.02), ack_s=0.5) as workspace:
        yield workspace


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
def lead(slack: LocalSlack) -> Person:
    return Person(slack)


@pytest.fixture
def bolt(slack: LocalSlack, client: WebClient) -> Iterator[Bolted]:
    bolted = Bolted(slack, App(client=client, signing_secret=slack.signing_secret))
    yield bolted
    slack.stop()
    for handler in bolted.handlers:
        handler.client.auto_reconnect_enabled = False
        handler.close()
