"""What a command of the command line works with: the services alone on a SQLite file, or the database to read.

Beside a running bot on SQLite the database may be read, not written (DESIGN, Processes).
"""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.errors import BadInput, Refused
from bot import app
from bot import settings as environment
from bot.services import Services
from storage.database import Database
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


def login() -> str:
    """Return who is logged in: nobody proves at the command line who they are, so this is kept beside what they say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number that has no name
        return str(os.getuid())
