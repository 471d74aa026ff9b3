"""A short sweep: real bots, killed at one named point after the other in one story; `make chaos` runs the whole one."""

import pytest

from storage import failpoints
from tests.chaos import planting, sweep
from tests.chaos.stage import Made

ONE_AFTER_THE_OTHER = {
    "sqlite": ("timer.before_commit:1", "operation.before_audit:1", "event.after_work:1"),
    "postgresql": ("outbox.after_send:2",),
}
LEFT = {"sqlite": (planting.no_answer, planting.handed_over), "postgresql": ()}


@pytest.fixture
def made(backend, request) -> Made:
    if backend == "sqlite":
        return Made(request.getfixturevalue("night_of_e"))
    folder, template = request.getfixturevalue("night_on_postgresql")
    return Made(folder, request.getfixturevalue("postgresql"), template)


def test_killed_at_named_points_nothing_is_lost_and_nothing_doubled(made):
    points = ONE_AFTER_THE_OTHER[made.kind]
    told = sweep.run(made, *points, left=LEFT[made.kind])
    assert told.kills == len(points), told.line()
    assert told.passed, told.line()


def test_every_point_stands_somewhere_in_the_code():
    from pathlib import Path

    code = "".join(path.read_text() for place in ("bot", "storage") for path in Path(place).rglob("*.py"))
    assert {name for name in failpoints.POINTS if f'reach("{name}")' not in code} == set()
