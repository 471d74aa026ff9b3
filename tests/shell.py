"""The command line as a shell calls it, without a process of its own: what it prints, and the code it ends with."""

import sys
from dataclasses import dataclass
from unittest.mock import patch

from click.testing import CliRunner

from bot.cli import main


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def ethixbot(*arguments: object) -> Done:
    """Return what became of the command."""
    code: object = 0
    with CliRunner().isolation() as (out, err, _), patch.object(sys, "argv", ["ethixbot", *map(str, arguments)]):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
        sys.stderr.flush()
    return Done(int(str(code or 0)), out.getvalue().decode(), err.getvalue().decode())


def refused(*arguments: object) -> str:
    """Return the one line that says why a command was refused."""
    done = ethixbot(*arguments)
    assert done.returncode == 2, done
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr
