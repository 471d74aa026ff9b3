"""What tests of templates draw from: `make` gives a view of any family and state in one line."""

from datetime import datetime

import pytest

from tests.templates.views import NOW, Maker


@pytest.fixture
def make() -> Maker:
    """Make views, entries, overviews."""
    return Maker()


@pytest.fixture
def now() -> datetime:
    """The time at which things are shown."""
    return NOW
