"""A small Slack workspace on loopback: Web API, Socket Mode, signed HTTP delivery, and a page to click in.

It knows nothing of the rest of the project and follows Slack's documentation where Slack is strict.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.localslack.server import LocalSlack as LocalSlack

__all__ = ["LocalSlack"]


def __getattr__(name: str) -> object:
    """Return `LocalSlack`, whose web server is imported at its first use and not with the package."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("bot.localslack.server"), name)
