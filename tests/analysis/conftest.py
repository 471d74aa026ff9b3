"""The shipped data as profiles; each file is counted once a session."""

from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings

from analysis.detection.compare import compare
from analysis.detection.report import Report
from analysis.discovery import Told, discover
from analysis.profile import Profile, count
from analysis.spec import Spec
from storage.predictions import log_at, read, sample

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")

DATA = Path(__file__).resolve().parents[2] / "bot/demo/data"
TOLD = Told(protected=("sex", "race", "age_band"))


@cache
def the_spec() -> Spec:
    return discover(sample(log_at([DATA / "reference.parquet"])), TOLD)


@cache
def profile_of(name: str, late: bool = True) -> Profile:
    """Return the profile of the file whose name holds these letters."""
    path = next(DATA.glob(f"*{name}*.parquet"))
    labels = [DATA / "late_labels.parquet"] if late else []
    return count(the_spec(), read(log_at([path], labels)))


@cache
def report_on(letter: str, late: bool = True) -> Report:
    return compare(profile_of("reference"), profile_of(f"current_{letter}_", late))


@pytest.fixture(scope="session")
def spec() -> Spec:
    return the_spec()


@pytest.fixture(scope="session")
def baseline() -> Profile:
    return profile_of("reference")


@pytest.fixture(scope="session")
def reference() -> pa.Table:
    return pq.read_table(DATA / "reference.parquet")
