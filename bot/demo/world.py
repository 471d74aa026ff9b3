"""What is around the bot in the demo: the service that serves the model, deployments, the week after a promotion."""

import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.errors import BadInput
from bot.app import Bot
from bot.operations import detection, versions
from bot.operations.detection import Wish
from bot.operations.versions import Parts
from bot.services import SYSTEM
from storage import registry
from storage.files import sha256
from storage.tables import Run

MODEL, FILE = "income-prequal", "model.skops"
FIRST, BIASED = "1.0.0", "2.0.0"
PATIENCE_S = 90


@dataclass
class Around:
    """The service's process, and what is done where a deployment pipeline would do it."""

    bot: Bot
    folder: Path
    data: Path
    address: str = ""
    _process: "subprocess.Popen[bytes] | None" = None
    _served: str | None = None
    _deployed: set[str] = field(default_factory=set)

    def start(self) -> None:
        """Start the service; raise BadInput where it does not answer."""
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = int(found.getsockname()[1])
        self.address = f"http://127.0.0.1:{port}"
        command = [
            sys.executable,
            "-m",
            "bot.demo.serve",
            str(self.data),
            str(self.folder),
            self.bot.address,
            str(port),
        ]
        self._process = subprocess.Popen(command)
        self._wait()
        self.register()

    def register(self) -> None:
        """Register the two versions that the demo begins with, and which of them serves."""
        for version in (FIRST, BIASED):
            self._register(version)
        for alias, version in (("champion", BIASED), ("last_known_good", FIRST), ("fallback", FIRST)):
            wish = versions.Wish(SYSTEM, MODEL, version, "as the demo begins")
            versions.point(self.bot.services, wish, alias)
        self._served = BIASED

    def step(self) -> str | None:
        """Deploy what was registered; return a line where another version serves since the last look."""
        with self.bot.services.database.read() as session:
            known = registry.versions(session, MODEL)
            champion = registry.alias(session, MODEL, registry.CHAMPION)
        for one in known:
            self._deploy(one.version, one.artefact)
        serves = champion.version if champion else None
        if serves == self._served or serves is None or not (self.models / serves / FILE).exists():
            return None
        self._served = serves
        self._next_week(serves)
        return f"{serves} serves now; the week after is being checked"

    def stop(self) -> None:
        """End the service."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    @property
    def models(self) -> Path:
        """Return where the service has its versions."""
        return self.folder / "models"

    def _wait(self) -> None:
        assert self._process is not None
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self._process.poll() is None:
            try:
                if httpx.get(f"{self.address}/stats", trust_env=False, timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.2)
        raise BadInput("the demo's service", "does not start.", "Its last words are above.")

    def _register(self, version: str) -> None:
        artefact = self.models / version / FILE
        data = self.data / "reference.parquet"
        parts = Parts(str(artefact), sha256(artefact), str(data), sha256(data))
        versions.register(self.bot.services, versions.Wish(SYSTEM, MODEL, version), parts)

    def _deploy(self, version: str, artefact: str | None) -> None:
        if version in self._deployed or artefact is None or not Path(artefact).is_file():
            return
        target = self.models / version / FILE
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_suffix(".partial")
            shutil.copyfile(artefact, partial)
            partial.replace(target)
        self._deployed.add(version)

    def _next_week(self, version: str) -> Run | None:
        """Write the log of a week in which the version served, and have it checked."""
        from bot.demo import training  # noqa: PLC0415  (scikit-learn)

        week = pq.read_table(next(self.data.glob("current_a_*.parquet")))
        week = week.drop_columns([name for name in week.column_names if name.startswith("attribution_")])
        score = training.scores(training.load(self.models / version / FILE), week)
        new = {
            "model_version": pa.array([version] * week.num_rows),
            "score": pa.array(score),
            "decision": pa.array((score >= training.CUT_OFF).astype("int8")),
        }
        for name, column in new.items():
            week = week.set_column(week.column_names.index(name), name, column)
        arriving = self.folder / "log.arriving"
        pq.write_table(week, arriving)
        arriving.replace(self.folder / "log" / "current.parquet")
        return detection.request(self.bot.services, Wish(MODEL, SYSTEM, key=f"demo:{version}:{time.time():.0f}"))
