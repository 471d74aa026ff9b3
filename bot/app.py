"""Builds every part once, wires them, starts and stops them in order."""

import contextlib
import fcntl
import math
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog
import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

import templates
from analysis.errors import BadInput
from analysis.policy import Policy
from bot import keys, masking, schedule
from bot.bundling import Bundling
from bot.counting import Counting
from bot.delivery import Delivery, Pace
from bot.health import Parts
from bot.http import server
from bot.http.gate import Bell
from bot.integrations.mail.smtp import Smtp
from bot.line import Line
from bot.loops import Loop, Loops
from bot.operations import detection, governing, sealing
from bot.pipelines import Pipelines
from bot.receive import Socket
from bot.retention import Retention
from bot.rollouts import Rollouts
from bot.runner import Runner
from bot.services import Clock, Services, utc_now
from bot.settings import Settings
from bot.slack import app as slack_app
from bot.slack.door import Door
from bot.slack.events import Sweeper
from bot.slack.outward import Outward
from bot.slack.people import Directory
from bot.ticking import Tick
from bot.validations import Validations
from bot.ways import Outside
from storage import audit, leases, migrate, policies
from storage.database import Database
from storage.outbox import ELSEWHERE

log = structlog.get_logger(__name__)

DEFAULT_POLICY = Path(templates.__file__).parent / "policy.yaml"
TOKENS = "Copy the token from the app's page again; `ethixbot doctor` tries it."
SENDERS = 3  # a call that hangs holds up one of them, not the alerts behind it
OUTSIDE_SENDERS = 2  # to other systems: none of those, when it hangs, holds up Slack
HASTY_S = 2  # seconds of a call for which a person waits
UNTIL_DONE = math.inf  # such work ends by its own limits
PING_S = 1  # Socket Mode is back within 6 s of a dead line; with the default of 10 it takes a minute


class Running(BadInput):
    """Another bot works on the same SQLite file."""


@dataclass
class Bot:
    """The whole bot, built but not started."""

    settings: Settings
    services: Services
    web: WebClient
    slack: App
    directory: Directory
    senders: list[Delivery]
    loops: Loops
    ticker: BackgroundScheduler
    parts: Parts
    _socket: Socket | None = None
    _http: uvicorn.Server | None = None
    _bell: Bell | None = None
    address: str = ""  # of the HTTP door, once it is open
    _threads: list[threading.Thread] = field(default_factory=list)

    def prepare(self) -> None:
        """Do what comes before the first press: models registered, timers planned, people known."""
        if self.services.database.is_sqlite:  # its lock says that nobody else works on it
            with self.services.transaction() as session:
                leases.release_all(session, self.services.clock())
        sealing.look(self.services)
        governing.look(self.services, self.settings.policy or DEFAULT_POLICY)
        detection.register(self.services)
        schedule.plan(self.services)
        self.directory.step()

    def start(self) -> None:
        """Start loops, ticker and doors; return when people can press."""
        self._check_token()
        self.prepare()
        self._serve()
        self.loops.start()
        self.ticker.start()
        if self.settings.slack_app_token is not None:
            self._connect(self.settings.slack_app_token.get_secret_value())

    def stop(self) -> None:
        """Close the doors first, then let what is under way end."""
        if self._socket is not None:
            self._socket.close()
        if self._http is not None and self._bell is not None:
            self._bell.close()
            self._http.should_exit = True
        if self.ticker.running:
            self.ticker.shutdown(wait=False)
        self.loops.stop()
        for thread in self._threads:
            thread.join(5)
        self.services.database.dispose()

    def _check_token(self) -> None:
        """Raise BadInput where Slack does not know the bot token or cannot be reached."""
        try:
            self.web.auth_test()
        except SlackApiError as error:
            raise BadInput("SLACK_BOT_TOKEN", f"Slack answers {error.response.get('error')}.", TOKENS) from None
        except OSError as error:
            raise BadInput("SLACK_API_URL", f"{self.settings.slack_api_url} cannot be reached ({error}).") from None

    def _connect(self, token: str) -> None:
        self._socket = Socket(self.slack, token, web_client=self.web, ping_interval=PING_S)
        try:
            self._socket.connect()  # type: ignore[no-untyped-call]
        except SlackApiError as error:
            raise BadInput("SLACK_APP_TOKEN", f"Slack answers {error.response.get('error')}.", TOKENS) from None

    def _serve(self) -> None:
        secret = self.settings.slack_signing_secret
        secrets = (secret, self.settings.gate_token, self.settings.webhook_secret)
        signing, token, webhook = ((one.get_secret_value() if one else None) for one in secrets)
        http = server.build(self.services, self.slack, signing, self.parts, gate_token=token, webhook_secret=webhook)
        config = uvicorn.Config(
            http,
            host=self.settings.host,
            port=self.settings.port,
            log_level="warning",
            log_config=None,  # else it writes past our handler, which masks secrets
            access_log=False,
            http="h11",  # refuses headers beyond 64 KiB
            lifespan="off",
            timeout_graceful_shutdown=2,  # who waits at the gate for a change asks again
        )
        self._bell, self._http = http.state.bell, uvicorn.Server(config)
        try:
            listening = config.bind_socket()
        except SystemExit:  # uvicorn's way to say that the address is taken
            where = f"{self.settings.host}:{self.settings.port}"
            raise BadInput("ETHIXBOT_PORT", f"{where} is in use.", "Choose another one.") from None
        # Else the second half of an answer waits 40 ms for the caller to say that it has the first.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.address = f"http://{self.settings.host}:{listening.getsockname()[1]}"
        thread = threading.Thread(target=self._http.run, args=([listening],), name="http", daemon=True)
        thread.start()
        self._threads.append(thread)


def build(settings: Settings, clock: Clock = utc_now) -> Bot:
    """Return the bot; raise BadInput where a setting or the policy is wrong."""
    token = settings.slack_bot_token
    masking.know(*settings.secrets())
    if token is None:
        raise BadInput("environment", "SLACK_BOT_TOKEN is missing.")
    services = open_services(settings, clock)
    web = slack_app.client(token.get_secret_value(), settings.slack_api_url, settings.slack_timeout)
    outward = Outward(web)
    hasty = slack_app.client(token.get_secret_value(), settings.slack_api_url, HASTY_S)
    directory = Directory(services, outward, Outward(hasty))
    services.directory = directory.look_anew
    door = Door(services, directory)
    pace, line = Pace(settings.post_interval, settings.look_after, settings.lease), Line()
    mail = Smtp(settings.smtp_url.get_secret_value(), settings.mail_from) if settings.smtp_url else None
    outside = Outside(services, settings)
    senders = [Delivery(services, outward, pace, line, mail, outside, never=ELSEWHERE) for _ in range(SENDERS)]
    senders += [Delivery(services, outward, pace, line, mail, outside, only=ELSEWHERE) for _ in range(OUTSIDE_SENDERS)]
    tick = Tick(services)
    ticker = schedule.ticker(services, tick)
    mending = Loop("ticker", lambda: schedule.mend(ticker, utc_now()))
    loops = Loops([*_loops(services, settings, door, senders), mending], services.wake)
    slack = slack_app.build(door, web)
    return Bot(settings, services, web, slack, directory, senders, loops, ticker, Parts(loops, tick, line))


def _loops(services: Services, settings: Settings, door: Door, senders: list[Delivery]) -> list[Loop]:
    return [
        *(Loop(f"delivery {number}", sender.step) for number, sender in enumerate(senders, start=1)),
        Loop("timers", schedule.Firing(services).step),
        Loop("events", Sweeper(door).step),
        Loop("checks", Runner(services).step, longest_s=UNTIL_DONE),
        Loop("evidence", Bundling(services).step, longest_s=UNTIL_DONE),
        Loop("affected", Counting(services).step, longest_s=UNTIL_DONE),
        Loop("pipelines", Pipelines(services, settings).step, longest_s=UNTIL_DONE),
        Loop("validations", Validations(services).step, longest_s=UNTIL_DONE),
        Loop("rollouts", Rollouts(services).step, longest_s=UNTIL_DONE),
        Loop("retention", Retention(services).step, longest_s=UNTIL_DONE),
        Loop("people", door.directory.step),
        Loop("policy", governing.Following(services).step),
    ]


def open_services(settings: Settings, clock: Clock = utc_now, installer: str = "install") -> Services:
    """Return the services: policy in force, database migrated, keys made; raise BadInput."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        own = keys.load(settings.data / "keys")
    except OSError as error:
        raise BadInput("ETHIXBOT_DATA", f"{settings.data} cannot be written ({error.strerror}).") from None
    database = Database(settings.database_url)
    missing = migrate.upgrade(database)
    policy, version = _in_force(database, settings, clock, installer)
    mails = settings.smtp_url is not None
    services = Services(database, policy, settings.data, own, clock, policy_version=version, mails=mails)
    services.mlflow_login = settings.mlflow_login
    if missing:
        with services.transaction() as session:
            sealing.restored(services, session, missing)
    return services


def _in_force(database: Database, settings: Settings, clock: Clock, by: str) -> tuple[Policy, int | None]:
    """Return the policy in force and its number; at the first start that is the file. Raise BadInput."""
    path = settings.policy or DEFAULT_POLICY
    with database.read() as session:
        known = policies.in_force(session)
    if known is None:
        _, text = policies.read(path)
        with database.write() as session:
            known = policies.install(session, text, by, clock())
            data = {"version": known.id, "sha256": known.sha256}
            audit.append(session, audit.Entry(by, "policy_installed", "policy", "done", data), clock())
    return policies.parse(known.text, f"version {known.id} of the policy"), known.id


@contextlib.contextmanager
def only_process(settings: Settings) -> Iterator[None]:
    """Hold the right to be the one process on a SQLite file; raise BadInput where another has it."""
    database = Database(settings.database_url)
    path = database.url.database
    database.dispose()
    if not database.is_sqlite or path in (None, ":memory:"):
        yield
        return
    lock = Path(f"{path}.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a+")
    except OSError as error:
        raise BadInput("DATABASE_URL", f"{path} cannot be written ({error.strerror}).") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            advice = "Stop it first, or use PostgreSQL for several."
            raise Running("DATABASE_URL", f"another bot already runs on {path}.", advice) from None
        file.truncate(0)
        file.write(f"{os.getpid()} since {datetime.now(UTC).isoformat()}\n")
        file.flush()
        yield
