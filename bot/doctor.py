"""Says what works and what does not: a check is a function and a row of `CHECKS`."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.errors import SlackApiError, SlackClientError
from sqlmodel import Session

from analysis.errors import BadInput
from analysis.policy import Policy
from bot import backing, connected, keys, offline, staffing
from bot import settings as environment
from bot.app import DEFAULT_POLICY
from bot.operations import sealing
from bot.services import utc_now
from bot.settings import Settings
from bot.slack import app as slack_app
from bot.slack.manifest import SCOPES
from storage import migrate, outbox, policies, proof, protection
from storage.database import Database
from templates import figures

SAFE_SQLITE = (3, 51, 3)  # before it, two connections may in rare cases damage a WAL file; we keep to one writer


@dataclass(frozen=True)
class Result:
    """A check: well, not well, or None where it could not be made."""

    name: str
    is_well: bool | None
    says: str


Check = Callable[[Settings], tuple[bool | None, str]]
MARKS: dict[bool | None, tuple[str, str]] = {True: ("✔", "green"), False: ("✘", "red"), None: ("–", "yellow")}


def examine() -> list[Result]:
    """Return a result for each check."""
    try:
        settings = environment.load()
    except BadInput as error:
        return [Result("environment", False, str(error))]
    return [Result(name, *check(settings)) for name, check in CHECKS.items()]


def _environment(settings: Settings) -> tuple[bool | None, str]:
    lacking = settings.lacking()
    return (False, "set " + "; ".join(lacking)) if lacking else (True, "all that Slack needs is set")


def _policy(settings: Settings) -> tuple[bool | None, str]:
    path = settings.policy or DEFAULT_POLICY
    try:
        policy, _ = policies.read(path)
    except BadInput as error:
        return False, str(error)
    if not policy.models:
        return None, f"{path} holds, but watches no model yet"
    if offline.policy(settings) != policy:
        return (
            None,
            f"{path} is not what is in force; `ethixbot policy diff {path}` says how, `policy propose` changes it",
        )
    return True, f"{path} watches {len(policy.models)} models; {sum(map(len, policy.roles.values()))} people hold roles"


def _database(settings: Settings) -> tuple[bool | None, str]:
    database = Database(settings.database_url, read_only=True)
    shown = database.url.render_as_string(hide_password=True)
    try:
        current, newest = migrate.revisions(database)
        if current != newest:
            return False, f"{shown} has schema {current}; the bot brings it to {newest} when it starts"
        with database.engine.connect() as connection:
            missing = protection.unprotected(connection)
    except Exception as error:  # whatever the driver raises is the answer
        return None, f"{shown} is not there yet ({type(error).__name__}); the bot makes it when it starts"
    return (
        (False, f"audit triggers are missing or changed: {', '.join(sorted(missing))}")
        if missing
        else (True, f"{shown}, schema {current}")
    )


def _sqlite(settings: Settings) -> tuple[bool | None, str]:
    version = sqlite3.sqlite_version_info
    if not settings.database_url.startswith("sqlite"):
        return True, "not used"
    note = "" if version >= SAFE_SQLITE else "; run one bot on the file, which its lock sees to"
    return True, f"version {sqlite3.sqlite_version}{note}"


def _audit(settings: Settings) -> tuple[bool | None, str]:
    try:
        given = proof.Given(keys.public(settings.data / "keys"), settings.data / sealing.SEGMENTS)
        with Database(settings.database_url, read_only=True).read() as session:
            verdict = proof.verify(session, given)
    except Exception as error:  # as above
        return None, f"no audit log yet ({type(error).__name__})"
    if verdict.faults:
        return False, str(verdict.faults[0])
    signed = f"signed up to row {verdict.signed.seq}" if verdict.signed else "not signed yet"
    return True, f"{verdict.rows} rows hold, {signed}"


def _outbox(settings: Settings) -> tuple[bool | None, str]:
    try:
        with Database(settings.database_url, read_only=True).read() as session:
            parked = outbox.parked(session)
    except Exception as error:  # as above
        return None, f"no messages yet ({type(error).__name__})"
    if parked:
        return False, "; ".join(f"{row.key} was given up: {row.last_error}" for row in parked[:5])
    return True, "nothing was given up"


def _slack(settings: Settings) -> tuple[bool | None, str]:
    token = settings.slack_bot_token
    if token is None:
        return None, "no token to try"
    client = slack_app.client(token.get_secret_value(), settings.slack_api_url)
    try:
        answer = client.auth_test()
    except (SlackApiError, SlackClientError, OSError) as error:
        says = error.response["error"] if isinstance(error, SlackApiError) else type(error).__name__
        return False, f"{settings.slack_api_url} answers {says}"
    granted = {s for s in str((answer.headers or {}).get("x-oauth-scopes", "")).replace(" ", "").split(",") if s}
    lacking = sorted(set(SCOPES) - granted) if granted else []
    if lacking:
        return False, f"the app lacks {', '.join(lacking)}: reinstall it with the manifest of `ethixbot manifest`"
    return True, f"@{answer['user']} in {answer['team']}"


def _backup(settings: Settings) -> tuple[bool | None, str]:
    found = backing.last(settings)
    if found is None:
        return None, "none was taken yet: `ethixbot backup FILE`"
    at, file = found
    return True, f"the last one is {figures.span(utc_now() - at)} old, in {file}"


def _people(look: Callable[[Session, Policy, datetime], tuple[bool | None, str]]) -> Check:
    """Return the check of what the policy in force says of people, against whom Slack knows."""

    def check(settings: Settings) -> tuple[bool | None, str]:
        try:
            policy = offline.policy(settings)
            with Database(settings.database_url, read_only=True).read() as session:
                return look(session, policy, utc_now())
        except BadInput as error:
            return False, str(error)
        except Exception as error:  # whatever the driver raises is the answer
            return None, f"no database yet ({type(error).__name__}): the bot makes it when it starts"

    return check


CHECKS: dict[str, Check] = {
    "environment": _environment,
    "policy": _policy,
    "people": _people(staffing.named),
    "roles": _people(staffing.roles),
    "on call": _people(staffing.on_call),
    "database": _database,
    "sqlite": _sqlite,
    "audit log": _audit,
    "outbox": _outbox,
    "backup": _backup,
    "slack": _slack,
    "tracker": connected.tracker,
    "pagers": connected.pagers,
    "notifiers": connected.notifiers,
    "mail": connected.mail,
    "registry": connected.registry,
}
