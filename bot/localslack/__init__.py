"""A small Slack workspace on loopback: Web API, Socket Mode, signed HTTP delivery, and a page to click in.

It knows nothing of the rest of the project and follows Slack's documentation where Slack is strict.
"""

from bot.localslack.server import LocalSlack

__all__ = ["LocalSlack"]
