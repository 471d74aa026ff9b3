"""A command of this machine: supervised in a session of its own, so that a restart of ours does not touch it."""

import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot import commands, supervise
from bot.commands import read
from bot.integrations.errors import Permanent, TryLater
from bot.integrations.pipelines.port import Running, Seen, State
from bot.supervise import CANCELLED, TIMED_OUT


class Command:
    """Progress is read from `progress.json` in the folder, what was made from `result.json`."""

    every = timedelta(seconds=1)
    asks_first = False  # a second supervisor of the same folder does nothing

    def start(self, run: Running) -> Mapping[str, Any]:
        """Return on which machine it runs; raise Permanent where it cannot be started."""
        told = {f"ETHIXBOT_{name.upper()}": value for name, value in run.told.items()}
        told["ETHIXBOT_OUTPUT"] = str(run.folder)
        try:
            wanted = commands.Command(run.how.command, run.how.timeout, run.how.memory_mb or 0, told)
            commands.spawn(run.folder, wanted)
        except OSError as error:
            raise Permanent(f"it could not be started ({error})") from None
        return {"host": socket.gethostname()}

    def look(self, run: Running) -> Seen:
        """Return how it goes, by the files that the supervisor and the command leave."""
        if run.request.remote.get("host") != socket.gethostname() and not run.folder.exists():
            raise TryLater(f"it runs on {run.request.remote.get('host')}", after=1)
        said = commands.last_words(run.folder)
        progress = read(run.folder / "progress.json") | {"line": said.splitlines()[-1] if said else ""}
        code = commands.exit_code(run.folder)
        if code is None:
            if commands.is_running(run.folder):
                return Seen(progress=progress)
            return Seen(State.FAILED, "its process is gone, and left no exit code")
        if code == 0:
            return Seen(State.PASSED, exit_code=0, progress=progress, result=read(run.folder / "result.json"))
        if code == CANCELLED and (run.folder / supervise.CANCEL).exists():
            return Seen(State.CANCELLED, exit_code=code)
        why = "it took longer than the policy allows" if code == TIMED_OUT else f"it ended with code {code}"
        return Seen(State.FAILED, f"{why}: {said}", code)

    def cancel(self, run: Running) -> bool:
        """Have the supervisor end the command and all that it started; return whether they have ended."""
        if not run.folder.exists():
            return run.request.started_at is None
        return commands.cancel(run.folder)
