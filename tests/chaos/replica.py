"""One bot process after the other, as in production: started, stopped, killed, and asked whether it is well."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.localslack import LocalSlack
from storage import failpoints

PACE = {
    "ETHIXBOT_POST_INTERVAL": "0",
    "ETHIXBOT_SLACK_TIMEOUT": "2",
    "ETHIXBOT_LOOK_AFTER": "4",
    "ETHIXBOT_LEASE": "8",
}


@dataclass
class Replica:
    """One bot process after the other, on the same port."""

    environment: dict[str, str]
    log: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    is_stopped: bool = False

    def start(self, failpoint: str | None = None) -> None:
        """Start it; with a failpoint it ends itself there."""
        more = {failpoints.VARIABLE: failpoint} if failpoint else {}
        command = [sys.executable, "-m", "bot", "run"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment | more, stdout=log, stderr=log)
        self.is_stopped = False

    @property
    def code(self) -> int | None:
        """Return how it ended; None while it runs."""
        return self.process.poll() if self.process else 0

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.process is not None and self.code is None:
            self.process.send_signal(number)
            self.is_stopped = number is signal.SIGSTOP
            if number is signal.SIGKILL:
                self.process.wait()

    def is_well(self) -> bool:
        """Return whether its HTTP door answers."""
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=1, trust_env=False).status_code == 200
        return False


def settings(slack: LocalSlack, folder: Path, address: str, port: int) -> dict[str, str]:
    """Return the environment of a bot process."""
    return os.environ | PACE | {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": address,
        "ETHIXBOT_POLICY": str(folder / "policy.yaml"),
        "ETHIXBOT_DATA": str(folder / "data"),
        "ETHIXBOT_PORT": str(port),
    }  # fmt: skip


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
