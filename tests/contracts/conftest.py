"""The office of the contracts: a copy of an empty database, and the policy that ships."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.policy import Policy
from bot.demo import demo
from storage import policies
from storage.database import Database
from tests.contracts.office import NIGHTS, Office


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """The policy that ships, with a person of the workspace for each role."""
    return policies.parse(demo.policy_text(tmp_path_factory.mktemp("log"), demo.DATA), "test")


@pytest.fixture(params=["spring"])
def office(empty_on_sqlite: Path, shipped: Policy, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Office]:
    """An office in a night in which the clocks change."""
    file = Path(shutil.copy(empty_on_sqlite, tmp_path / "ethixbot.db"))
    database = Database(f"sqlite:///{file}")
    yield Office(database, shipped, tmp_path, NIGHTS[request.param])
    database.dispose()
