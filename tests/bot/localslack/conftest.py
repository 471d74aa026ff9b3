"""A workspace, a client, a person and a Bolt app for each test."""

import threading
from collections.abc import Iterator

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
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


@pytest.fixture(scope="session")
def closing() -> Iterator[list[threading.Thread]]:
    """Clients that end while the next test runs: the SDK takes a second for it."""
    threads: list[threading.Thread] = []
    yield threads
    for thread in threads:
        thread.join(5)


def closed(handler: SocketModeHandler) -> threading.Thread:
    """Return the thread that ends a client."""
    handler.client.auto_reconnect_enabled = False
    thread = threading.Thread(target=handler.close)
    thread.start()
    return thread


@pytest.fixture
def bolt(slack: LocalSlack, client: WebClient, closing: list[threading.Thread]) -> Iterator[Bolted]:
    bolted = Bolted(slack, App(client=client, signing_secret=slack.signing_secret))
    yield bolted
    slack.stop()
    closing.extend(map(closed, bolted.handlers))
