"""Systems beside Slack that the outbox sends to: a row a kind. Each sender loads the record as it then is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot import lettering, notifying, paging, tracking
from bot.integrations import gates
from bot.integrations.registry import step
from bot.services import Services
from bot.settings import Settings
from storage.tables import Owed


@dataclass(frozen=True)
class Outside:
    """What a sender has in hand: everything of the bot, and the secrets of the environment."""

    services: Services
    settings: Settings


# Returns what to note on the row; raises SendError as `bot.integrations.errors` says. May be called again for one row.
Way = Callable[[Outside, Owed], dict[str, Any]]


def _flags(outside: Outside, row: Owed) -> dict[str, Any]:
    return gates.write_flags(outside.services)


def _hook(outside: Outside, row: Owed) -> dict[str, Any]:
    return gates.send(outside.services, row, outside.settings.webhook_secret)


def _track(outside: Outside, row: Owed) -> dict[str, Any]:
    token = outside.settings.github_token
    tracking.bring(outside.services, row.subject, token.get_secret_value() if token else None)
    return {}


def _page(outside: Outside, row: Owed) -> dict[str, Any]:
    paging.bring(outside.services, row.subject, str(row.data["pager"]))
    return {}


def _notify(outside: Outside, row: Owed) -> dict[str, Any]:
    notifying.send(outside.services, row.subject, str(row.data["notifier"]))
    return {}


def _registry(outside: Outside, row: Owed) -> dict[str, Any]:
    return step.keep(outside.services, row)


def _letter(outside: Outside, row: Owed) -> dict[str, Any]:
    lettering.of_incident(outside.services, outside.settings, row)
    return {}


def _digest_letter(outside: Outside, row: Owed) -> dict[str, Any]:
    lettering.of_digest(outside.services, outside.settings, row)
    return {}


WAYS: dict[str, Way] = {
    "gate_flags": _flags,
    "gate_hook": _hook,
    "registry": _registry,
    "tracker": _track,
    "page": _page,
    "notify": _notify,
    "letter": _letter,
    "digest_letter": _digest_letter,
}
