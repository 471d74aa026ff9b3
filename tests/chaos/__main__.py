"""`python -m tests.chaos`: the sweep and the soak on both databases; one JSON line a run, exit code 1 if one failed."""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from storage import failpoints
from tests.chaos import soak, sweep
from tests.chaos.report import Told
from tests.chaos.stage import Made, prepared
from tests.postgres import SAFE, serving

BOTH = ("sqlite", "postgresql")


def main() -> None:
    """Run what was asked for, and say each verdict as it comes."""
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--database", choices=[*BOTH, "both"], default="both")
    parser.add_argument("--sweep", action="store_true", help="only the sweep")
    parser.add_argument("--soak", action="store_true", help="only the soak")
    parser.add_argument("--point", action="append", choices=list(failpoints.POINTS), help="only this point")
    parser.add_argument("--hits", type=int, default=sweep.MOST, help="at most so many hits of a point")
    parser.add_argument("--seconds", type=float, default=600, help="length of the soak")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--replicas", type=int, default=2, help="on PostgreSQL; on SQLite there is one")
    asked = parser.parse_args()
    failed = 0
    for told in _runs(asked):
        sys.stdout.write(told.line() + "\n")
        sys.stdout.flush()
        failed += not told.passed
    sys.exit(1 if failed else 0)


def _runs(asked: argparse.Namespace) -> Iterator[Told]:
    for kind in BOTH if asked.database == "both" else (asked.database,):
        with nights(kind) as (made, empty):
            if asked.sweep or not asked.soak:
                yield from sweep.sweep(made, empty, asked.point or (), asked.hits)
            if asked.soak or not asked.sweep:
                yield soak.run(made, soak.Plan(asked.seconds, asked.seed, asked.replicas))


@contextlib.contextmanager
def nights(kind: str) -> Iterator[tuple[Made, Made]]:
    """Give a prepared night and an empty one, on a database of that kind."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ethixbot-chaos-")))
        server = stack.enter_context(serving(SAFE)) if kind == "postgresql" else None
        yield prepared(folder / "night", server), prepared(folder / "empty", server, is_empty=True)


if __name__ == "__main__":
    main()
