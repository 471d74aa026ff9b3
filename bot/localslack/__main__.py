"""Runs the workspace by itself: `python -m bot.localslack --port 8410 --manifest app.json`."""

import argparse
import json
import sys
import threading
from pathlib import Path

from bot.localslack import LocalSlack


def main() -> None:
    """Serve until interrupted, after saying what a bot needs to connect."""
    parser = argparse.ArgumentParser(prog="bot.localslack", description=__doc__)
    parser.add_argument("--port", type=int, default=8410)
    parser.add_argument("--manifest", type=Path, required=True, help="the app's manifest, in Slack's JSON form")
    parser.add_argument("--rate-limits", action="store_true", help="limit calls as Slack does")
    parser.add_argument("--request-url", help="deliver by signed HTTP to this address, not by Socket Mode")
    asked = parser.parse_args()
    manifest = json.loads(asked.manifest.read_text())
    with LocalSlack(manifest, asked.port, rate_limits=asked.rate_limits, request_url=asked.request_url) as slack:
        sys.stdout.write(
            f"The workspace is at {slack.url}\n\n"
            f"SLACK_API_URL={slack.api_url}\nSLACK_BOT_TOKEN={slack.bot_token}\n"
            f"SLACK_APP_TOKEN={slack.app_token}\nSLACK_SIGNING_SECRET={slack.signing_secret}\n"
        )
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
