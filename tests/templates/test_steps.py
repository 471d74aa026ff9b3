"""What a person does next, as things stand."""

from dataclasses import replace

import pytest

from analysis.vocabulary import State
from storage.rollouts import Serving
from storage.tables import ModelVersion, RetrainRequest
from templates import steps
from tests.templates.views import NOW


@pytest.mark.parametrize(
    ("champion", "blocked", "is_next"), [("2.0.0", None, True), ("3.1.0", None, False), ("2.0.0", "INC-1", False)]
)
def test_a_candidate_that_serves_or_must_not_is_not_to_be_promoted_next(make, champion, blocked, is_next):
    about = {"model_id": "m", "requested_by": "U1", "requested_at": NOW, "reason": "unfair", "next_at": NOW}
    passed = RetrainRequest(id="RTR-1", status="validated_pass", candidate="3.1.0", **about)
    made = ModelVersion(model_id="m", version="3.1.0", registered_by="U1", registered_at=NOW, blocked_by=blocked)
    serving = Serving({"champion": champion}, {"3.1.0": made})
    view = replace(make.view(state=State.REMEDIATING), retrains=(passed,), serving=serving)
    assert any("have it promoted" in line for line in steps.following(view)) == is_next
