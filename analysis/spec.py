"""What a model's prediction log looks like: which column plays which part, and what is pinned for counting.

A spec is found from the log by the names of `CONVENTION`, completed by what a person says (protected attributes,
favourable decision, reference groups), and pinned once by the first baseline: origins and scales of numbers, and the
values of categories that always keep a count of their own. Profiles of different specs cannot be merged.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import ClassVar

from analysis.errors import BadSpec

# role → the column that plays it unless the person says otherwise
CONVENTION = (
    "timestamp", "request_id", "model_id", "model_version", "score", "decision",
    "label", "label_timestamp", "latency_ms", "error",
)  # fmt: skip
ATTRIBUTION = "attribution_"

# truth values as people write them; the first that occurs among the decisions is taken as favourable
FAVOURABLE = ("1", "true", "approved", "approve", "accepted", "accept", "yes", "y", "positive", "good", "granted")


@dataclass(frozen=True)
class Number:
    """How a numeric column is counted: cells of float32(x − origin); coarse bins in multiples of scale."""

    origin: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True)
class Spec:
    """The columns of a log and the parts they play; frozen, hashable by `digest`.

    >>> spec = Spec(numbers={"age": Number(40.0, 8.0)}, protected={"sex": ("Female", "Male")})
    >>> Spec.from_json(spec.to_json()) == spec
    True
    >>> from dataclasses import replace
    >>> spec.digest == replace(spec, favourable="0").digest
    False
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    roles: Mapping[str, str] = field(default_factory=dict)  # role → column, only those the log has
    numbers: Mapping[str, Number] = field(default_factory=dict)
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column → pinned values
    protected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # attribute → pinned groups
    intersections: tuple[tuple[str, ...], ...] = ()
    segments: tuple[str, ...] = ()  # category columns with few values: nulls and errors are also counted by them
    attributions: tuple[str, ...] = ()  # features whose contribution is logged
    score: Number = Number(0.0, 0.125)
    favourable: str = "1"
    positive: str = "1"  # the label that the favourable decision foresees
    references: Mapping[str, str] = field(default_factory=dict)  # attribute → group that others are compared with
    bound: int = 1024  # values of a category with a count of their own, beyond the pinned ones

    def column(self, role: str) -> str | None:
        """Return the column that plays a role, or None where the log has none."""
        return self.roles.get(role)

    @property
    def features(self) -> tuple[str, ...]:
        """Return every input column, numbers first."""
        return (*self.numbers, *self.categories)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON; profiles carry it."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> dict[str, object]:
        """Return a JSON object; tuples become lists, mappings are sorted by name."""
        kept: dict[str, object] = json.loads(json.dumps(asdict(self), sort_keys=True))
        return kept

    @classmethod
    def from_json(cls, kept: object) -> "Spec":
        """Return the spec that `to_json` wrote; raise BadSpec where it is none."""
        from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415  (slow to load; most read no stored spec)

        try:
            return TypeAdapter(cls).validate_python(kept)
        except ValidationError as wrong:
            raise BadSpec(detail=str(wrong)) from wrong
