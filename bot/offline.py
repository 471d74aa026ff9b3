"""What a command of the command line works with: the services alone on a SQLite file, or the database to read.

Beside a running bot on SQLite the database may be read, not written (DESIGN, Processes).
"""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.exc import DBAPIError

from analysis.errors import BadInput, Refused
from analysis.policy import Policy
from bot import app, keys
from bot import settings as environment
from bot.http import local
from bot.operations import governing
from bot.services import Services
from storage import policies
from storage.database import Busy, Database
from templates import answers


@contextmanager
def services(command: str) -> Iterator[Services]:
    """Give the services of this environment, alone on a SQLite file; a refusal becomes one line."""
    settings = environment.load()
    with app.only_process(settings):
        opened = app.open_services(settings)
        try:
            yield opened
        except Refused as error:
            raise BadInput(command, answers.refusal(error)) from None
        finally:
            opened.database.dispose()


@contextmanager
def reading(command: str) -> Iterator[Database]:
    """Give the database to read; a refusal becomes one line."""
    database = Database(environment.load().database_url, read_only=True)
    if database.is_sqlite and not Path(database.url.database or "").exists():
        raise BadInput("DATABASE_URL", f"there is no database at {database.url.database}.")
    try:
        yield database
    except Refused as error:
        raise BadInput(command, answers.refusal(error)) from None
    finally:
        database.dispose()


def policy(settings: environment.Settings) -> Policy:
    """Return the policy in force; before the first start, the file. Raise BadInput."""
    database = Database(settings.database_url, read_only=True)
    try:
        with database.read() as session:
            known = policies.in_force(session)
    except (Busy, DBAPIError):  # no database yet, or one that no bot has used
        known = None
    finally:
        database.dispose()
    if known is None:
        return policies.read(settings.policy or app.DEFAULT_POLICY)[0]
    return policies.parse(known.text, f"version {known.id} of the policy")


def first_policy(path: Path, by: str) -> int | None:
    """Return the number of the policy that an Admin installs; raise BadInput where one is in force already."""
    policy, _ = policies.read(path)
    try:
        governing.may_install(policy, by)
    except Refused as error:
        raise BadInput("policy init", answers.refusal(error)) from None
    settings = environment.load().model_copy(update={"policy": path})
    with app.only_process(settings):
        opened = app.open_services(settings, installer=by)
        try:
            with opened.database.read() as session:
                version = policies.in_force(session)
            assert version is not None  # this, or one before it, is installed
            if (version.activated_by, version.text) != (by, path.read_text()):
                raise BadInput(
                    "policy init", "a policy is in force already.", "Change it by `ethixbot policy propose`."
                )
            return version.id
        finally:
            opened.database.dispose()


def ask_or_do(
    what: str, asked: dict[str, Any], then: Callable[[Services, dict[str, Any]], dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Return what came of it: done by the bot that runs, or here where none does; a refusal becomes one line.

    `then` goes on with what the bot's loops would do, where there is none.
    """
    settings = environment.load()
    with reading(what):  # raises where there is no database: none shall be made by a command that mends one
        pass
    asked = {**asked, "login": login()}
    try:
        with services(what) as alone:
            told = local.ASKED[what](alone, asked)
            return then(alone, told) if then else told
    except app.Running:
        pass
    known = keys.load(settings.data / "keys")
    neighbour = local.Neighbour(f"http://{settings.host}:{settings.port}", known.signing)
    try:
        answer = neighbour.ask(what, datetime.now(UTC).timestamp(), **asked)
    except (httpx.HTTPError, ValueError):
        where = f"{settings.host}:{settings.port}"
        advice = "Set ETHIXBOT_HOST and ETHIXBOT_PORT as the bot has them."
        raise BadInput(what, f"a bot runs, but does not answer at {where}.", advice) from None
    if isinstance(answer, str):
        raise BadInput(what, answer)
    return answer


def login() -> str:
    """Return who is logged in: nobody proves at the command line who they are, so this is kept beside what they say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number that has no name
        return str(os.getuid())
