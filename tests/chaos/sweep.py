"""Kills the bot at the n-th hit of each named point, n = 1, 2, 3 … until the story ends without it."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from storage import failpoints
from tests.chaos.facts import gather
from tests.chaos.hands import COMMANDS, Hands
from tests.chaos.judge import judge
from tests.chaos.planting import LEFT, Leave, plant, versions
from tests.chaos.report import Told
from tests.chaos.stage import Made, Stage, staged

MOST = 200  # hits of one point; none has so many in the story
AT_START = "migration."  # these points are passed with an empty database only
OF_VERSIONS = "rollout."  # these in a story of their own
CHANGES = (("rollback", "oncall", ""), ("promote", "ml_engineer", "PROMOTE"))


def sweep(made: Made, empty: Made, points: Sequence[str] = (), most: int = MOST) -> Iterator[Told]:
    """Give the verdict of each run: every point (or those named), every hit of it until there is none."""
    for point in points or failpoints.POINTS:
        for hit in range(1, most + 1):
            told = run(empty if point.startswith(AT_START) else made, f"{point}:{hit}")
            yield told
            if not told.kills:
                break


def run(made: Made, *failpoints: str, left: Sequence[Leave] = LEFT) -> Told:
    """Return the verdict of one story with a failpoint, or with several, one after the other."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ethixbot-chaos-") as folder, staged(made, Path(folder)) as stage:
        is_empty = failpoints[0].startswith(AT_START)
        play = story
        if is_empty:
            stage.log_is("e")
        elif failpoints[0].startswith(OF_VERSIONS):
            play = story_of_versions
            plant(stage, ())
            versions(stage)
        else:
            plant(stage, left)
        stage.time_flies = True
        stage.start(*failpoints)
        play(stage)
        counts = verdict(stage)
        if play is story_of_versions and len(stage.rollouts()) < len(CHANGES):
            counts["between"].append(f"the story came no further than {stage.rollouts()}")
        return Told(made.kind, " ".join(failpoints), counts, stage.kills, time.monotonic() - began)


def verdict(stage: Stage, seconds: float = 90) -> dict[str, list[str]]:
    """Return the counts, after everything that was owed had its time."""
    rests = stage.drain(seconds)
    counts = judge(gather(stage.database, stage.slack, datetime.now(UTC), stage.starts()))
    if not rests:
        counts["lost_out"].append(f"it never came to rest: {stage.owes()}")
    return counts


def story(stage: Stage) -> None:
    """Play it: an alert, people, an event, a check by command, evidence; each deed until it is acknowledged."""
    hands = Hands(stage.slack, [one.port for one in stage.replicas])
    stage.wait(stage.is_ready)
    deeds = [
        lambda: hands.type(COMMANDS[0], "ml_lead"),
        lambda: hands.press("acknowledge", "oncall"),
        lambda: hands.mention_by_http("compliance"),
        lambda: hands.fill("freeze", "oncall"),
        lambda: hands.press("export", "oncall"),
        hands.again,
    ]
    for deed in deeds:
        stage.wait(lambda deed=deed: _done(deed), 40)


def story_of_versions(stage: Stage) -> None:
    """Play the other: a rollback and then a promotion, each asked for, approved by another person, and at its end."""
    hands = Hands(stage.slack, [one.port for one in stage.replicas])
    stage.wait(stage.is_ready)
    for deed in (lambda: hands.press("acknowledge", "oncall"), lambda: hands.fill("freeze", "oncall")):
        stage.wait(lambda deed=deed: _done(deed), 40)
    for number, change in enumerate(CHANGES, start=1):
        stage.wait(lambda n=number, change=change: len(stage.rollouts()) >= n or _go_on(hands, *change), 80)
        stage.wait(lambda n=number: stage.rollouts()[n - 1 :] in (["done"], ["undone"]), 60)


def _go_on(hands: Hands, verb: str, by: str, word: str) -> bool:
    """Return that it has not begun: asked for where no wish stands there, else approved, once more each time."""
    _done((lambda: hands.fill(verb, by)) if hands.wish() is None else (lambda: hands.approve("product_owner", word)))
    return False


def _done(deed) -> bool:
    with suppress(OSError):
        return bool(deed())
    return False
