"""Sends a short word by Apprise: SMS, chats, push services; the extra `apprise`.

Apprise tells neither why it failed nor for how long to wait, and knows no key: after a lost answer it may come twice.
"""

import logging
from typing import Any

from bot.integrations.errors import Permanent, TryLater
from bot.services import Services
from bot.settings import secret
from storage import incidents
from templates import paging

RETRY_S = 30.0


def send(services: Services, incident_id: str, name: str) -> None:
    """Send what the incident is about to each of the notifier's addresses; raise SendError."""
    notifier = services.policy.notifier(name)
    with services.database.read() as session:
        view = incidents.view(session, incident_id)
    if notifier is None or view is None:
        return
    urls = secret(notifier.urls)
    if urls is None:
        raise Permanent(f"{notifier.urls} is not set")
    deliver(urls.split(), paging.short(view))


def deliver(urls: list[str], text: str) -> None:
    """Send the text to each address; raise SendError. Addresses are secret, so no error names one."""
    if not opened(urls).notify(body=text, body_format="text"):
        raise TryLater("Apprise could not send it", after=RETRY_S)


def opened(urls: list[str]) -> Any:  # noqa: ANN401
    """Return Apprise with these addresses; raise Permanent."""
    try:
        import apprise  # noqa: PLC0415  (an extra)
    except ModuleNotFoundError:
        raise Permanent("the extra apprise is not installed") from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines hold addresses
    services = apprise.Apprise()
    for number, url in enumerate(urls, start=1):
        if not services.add(url):
            raise Permanent(f"address {number} of the notifier is none that Apprise knows")
    return services
