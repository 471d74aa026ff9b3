"""`ethixbot demo`: start the workspace and the bot, let the weeks go by, stay up until Ctrl-C."""

import functools
import io
import json
import os
import shutil
import sys
import tempfile
import threading
import webbrowser
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer
from pydantic import SecretStr
from ruamel.yaml import YAML

from analysis.detection.alerts import Alert
from analysis.errors import BadInput
from bot import app
from bot.app import DEFAULT_POLICY, Bot
from bot.demo import shifts
from bot.demo.world import Around
from bot.localslack import LocalSlack
from bot.operations import detection
from bot.operations.detection import Wish
from bot.services import SYSTEM
from bot.settings import Settings
from bot.slack.manifest import manifest
from storage import alerts, baselines
from storage.files import sha256
from storage.tables import Incident, Run
from templates import words

DATA = Path(__file__).parent / "data"
MODEL = "income-prequal"
ORDER = "abcdfghie"  # as the weeks went by, the one that matters most last
PEOPLE = {
    "admin": "admin", "ml_engineer": "ml_engineer", "senior_ml_engineer": "senior_ml_engineer", "ml_lead": "ml_lead",
    "on_call": "oncall", "compliance_officer": "compliance", "product_owner": "product_owner",
    "security_officer": "security", "governance_lead": "governance", "cto": "cto", "ceo": "ceo",
    "auditor": "auditor", "viewer": "viewer",
}  # fmt: skip
PATIENCE_S = 120
POLICY = "policy.yaml"
LOG = "THE_LOG"  # what stands for its folder until that is known


@dataclass(frozen=True)
class Wanted:
    """What the person asked for."""

    port: int = 8410
    window: str = ""
    opens_browser: bool = True
    data: Path | None = None


def play(wanted: Wanted, stopped: threading.Event) -> None:
    """Run the demo until stopped; raise BadInput for a port in use, a folder or a file that will not do."""
    data = wanted.data or DATA
    windows = find_windows(data, wanted.window)
    check_files(data)
    folder = _folder()
    try:
        slack = LocalSlack(manifest(), port=wanted.port)
        with slack:
            _run(wanted, windows, (folder, data, slack), stopped)
    except OSError as error:
        if error.errno is not None and "ddress" in str(error):
            raise BadInput("--port", f"{wanted.port} is in use.", "Choose another one.") from None
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(wanted: Wanted, windows: list[Path], where: tuple[Path, Path, LocalSlack], stopped: threading.Event) -> None:
    folder, data, slack = where
    settings = settings_for(folder, data, slack)
    policy = folder / POLICY
    policy.write_text(shifts.with_rota(policy.read_text(), datetime.now(UTC)))
    bot = app.build(settings)
    around = Around(bot, folder, data)
    typer.secho(f"\n  The workspace is at {slack.url}   (Ctrl-C ends it)\n", bold=True)
    try:
        bot.start()
        if wanted.opens_browser and sys.stdout.isatty():
            webbrowser.open(slack.url)
        weeks_go_by(bot, folder, windows, stopped)
        if not stopped.is_set():
            around.start()
            typer.secho(f"\n  The service that asks the gate is at {around.address}", bold=True)
            typer.echo(f"\n  Now it is your turn: open {slack.url}, choose who you are, and press.\n")
        while not stopped.wait(1):
            said = around.step()
            if said:
                typer.echo(f"  {said}")
    finally:
        typer.echo("  Stopping.")
        around.stop()
        bot.stop()


def weeks_go_by(bot: Bot, folder: Path, windows: list[Path], stopped: threading.Event) -> None:
    """Put one week after the other where the model's log lies, and have each checked."""
    _wait_for_baseline(bot, stopped)
    for window in windows:
        if stopped.is_set():
            return
        arriving = folder / "log.arriving"
        shutil.copyfile(window, arriving)
        arriving.replace(folder / "log" / "current.parquet")
        run = detection.request(bot.services, Wish(MODEL, SYSTEM, key=f"demo:{window.name}"))
        ended = _wait_for(bot, run, stopped)
        if ended is not None:
            typer.echo(f"  {_told(bot, window, ended)}")


def _wait_for_baseline(bot: Bot, stopped: threading.Event) -> None:
    for _ in range(PATIENCE_S * 10):
        with bot.services.database.read() as session:
            run = alerts.last_run(session, MODEL)
            made = baselines.active(session, MODEL)
        if made is not None:
            typer.echo(f"  Baseline {made.version}: {made.rows:,} requests of the reference period")
            return
        if run is not None and run.status == "failed":
            raise BadInput("reference.parquet", str(run.error))
        if stopped.wait(0.1):
            return


def _wait_for(bot: Bot, run: Run | None, stopped: threading.Event) -> Run | None:
    for _ in range(PATIENCE_S * 10):
        with bot.services.database.read() as session:
            now = session.get(Run, run.id) if run is not None else None
        if now is not None and now.status in ("finished", "failed"):
            return now
        if stopped.wait(0.1):
            return None
    return None


def _told(bot: Bot, window: Path, run: Run) -> str:
    name = window.stem.removeprefix("current_").replace("_", " ")
    if run.error:
        return f"{name}: {run.error}"
    if not run.report["enough"]:
        return f"{name}: too little to judge; neither raised nor passed"
    sentences = [words.alert(Alert.from_json(alert)) for alert in run.report.get("alerts", [])]
    with bot.services.database.read() as session:
        still = [
            session.get(Incident, alert.incident_id) for alert in alerts.open_of(session, MODEL) if alert.incident_id
        ]
    ids = ", ".join(incident.id for incident in still if incident)
    return f"{name}: {'; '.join(sentences) or 'nothing raised'}" + (f"  [{ids}]" if sentences else "")


def settings_for(folder: Path, data: Path, slack: LocalSlack) -> Settings:
    """Return settings that point at the local workspace and the folder."""
    (folder / "log").mkdir(parents=True, exist_ok=True)
    policy = folder / POLICY
    policy.write_text(policy_text(folder, data))
    return Settings(
        slack_bot_token=SecretStr(slack.bot_token),
        slack_app_token=SecretStr(slack.app_token),
        slack_signing_secret=SecretStr(slack.signing_secret),
        slack_api_url=slack.api_url,
        database_url=f"sqlite:///{folder / 'ethixbot.db'}",
        policy=policy,
        data=folder / "data",
        port=0,
        post_interval=0,
        look_after=2,
    )


def policy_text(folder: Path, data: Path) -> str:
    """Return the default policy with the demo's model, and a person of the workspace for each role."""
    return _policy_text(data).replace(LOG, json.dumps(str(folder / "log"), ensure_ascii=False))


@functools.cache
def _policy_text(data: Path) -> str:
    yaml = YAML(typ="rt")
    policy = yaml.load(DEFAULT_POLICY.read_text())
    policy["models"] = [
        {
            "id": MODEL,
            "name": "Income pre-qualification",
            "risk": "high",
            "source": {
                "predictions": LOG,
                "labels": str(data / "late_labels.parquet"),
                "window": "7 d",
                "ends": "latest",
            },
            "baseline": str(data / "reference.parquet"),
            "protected": ["sex", "race", "age_band"],
            "reference_groups": {"sex": "Male", "race": "White"},
            "favourable": 1,
            "fallback": "1.0.0",
            "gate": {
                "outcomes": ["approved", "declined"],
                "hidden": ["age", "relationship", "marital_status"],
                "most_cases": 50,
                "most_samples": 5,
            },
            "retrain": {"command": [sys.executable, "-m", "bot.demo.retrain", str(data)], "timeout": "10 min"},
        }
    ]
    policy["roles"] = {role: [f"{handle}@ethixai.local"] for role, handle in PEOPLE.items()}
    text = io.StringIO()
    yaml.dump(policy, text)
    return text.getvalue()


def find_windows(data: Path, only: str) -> list[Path]:
    """Return the window files in the order of the weeks; raise BadInput where one is not there."""
    found: list[Path] = []
    for letter in only or ORDER:
        files = sorted(data.glob(f"current_{letter}_*.parquet")) if letter.isalpha() else []
        if not files:
            raise BadInput("--window" if only else str(data), f"there is no window “{letter}” in {data}.")
        found += files
    return found


def check_files(data: Path) -> None:
    """Raise BadInput where a file is missing or is not what its checksum says."""
    manifest_file = data / "MANIFEST.sha256"
    if not manifest_file.exists():
        return
    for line in manifest_file.read_text().splitlines():
        expected, name = line.split()
        path = data / name
        if not path.exists():
            raise BadInput(str(path), "is missing.")
        if path.suffix == ".parquet" and sha256(path) != expected:
            raise BadInput(str(path), "is damaged: it is not what its checksum says.", "Restore it from the package.")


def _folder() -> Path:
    told = os.environ.get("TMPDIR")
    if told and not (os.path.isdir(told) and os.access(told, os.W_OK)):  # Python would quietly go elsewhere
        raise BadInput("TMPDIR", f"{told} cannot be written.", "Set it to a folder that can.")
    try:
        return Path(tempfile.mkdtemp(prefix="ethixbot-demo-"))
    except OSError as error:
        raise BadInput(
            os.environ.get("TMPDIR", tempfile.gettempdir()), f"cannot be written ({error.strerror})."
        ) from None
