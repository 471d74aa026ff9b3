"""What is looked at in a run: each file drafts the findings of one part of the chain."""

from collections.abc import Callable

from analysis.detection.checks import explanation, fairness, inputs, operations, outcomes, outputs
from analysis.detection.findings import Draft
from analysis.detection.pair import Pair

CHECKS: tuple[Callable[[Pair], list[Draft]], ...] = (
    inputs.check, fairness.check, outputs.check, outcomes.check, explanation.check, operations.check,
)  # fmt: skip
