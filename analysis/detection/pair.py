"""`Pair`: a baseline and a window side by side, and the limits they are held to; what every check starts from."""

from dataclasses import dataclass
from functools import cached_property

from analysis.detection.findings import Draft, Fact, Finding, Reason
from analysis.detection.limits import Limits
from analysis.metrics.table import METRICS
from analysis.profile import Profile
from analysis.profile.grid import Grid
from analysis.spec import Number, Spec
from analysis.vocabulary import Verdict

MISSING = {
    Reason.TOO_FEW_ROWS, Reason.TOO_FEW_IN_GROUPS, Reason.NO_LABELS,
}  # fmt: skip


@dataclass(frozen=True)
class Sizes:
    """How much a finding rests on."""

    baseline: int
    window: int
    null: int = 0

    def least(self) -> int:
        """Return the smaller side."""
        return min(self.baseline, self.window)


@dataclass(frozen=True)
class Pair:
    """Both profiles and the limits."""

    baseline: Profile
    window: Profile
    limits: Limits

    @property
    def spec(self) -> Spec:
        """Return what the log looks like."""
        return self.baseline.spec

    @cached_property
    def new_versions(self) -> tuple[str, ...]:
        """Return the model versions that the baseline did not have."""
        return tuple(sorted(set(self.window.versions) - set(self.baseline.versions)))

    def grids(self, name: str, number: Number) -> tuple[Grid, Grid]:
        """Return the cells of a column on both sides."""
        sides = (profile.table(name, 2) for profile in (self.baseline, self.window))
        first, second = (Grid.of(table, number.origin) for table in sides)
        return first, second

    def sizes(self, name: str, grids: tuple[Grid, Grid]) -> Sizes:
        """Return how many values a column of numbers has, and how many the window lacks."""
        return Sizes(grids[0].n, grids[1].n, missing(self.window, name))

    def draft(self, metric: str, where: tuple[str | None, str | None], sizes: Sizes, **values: object) -> Draft:
        """Return a draft of a finding on (column, group)."""
        column, group = where
        finding = Finding(
            METRICS[metric].family, metric, column, group, limit=self.limits.limit(metric).border(None),
            n_baseline=sizes.baseline, n_window=sizes.window, n_null=sizes.null, **values,  # type: ignore[arg-type]
        )  # fmt: skip
        return Draft(finding)

    def unknown(self, metric: str, where: tuple[str | None, str | None], sizes: Sizes, reason: Reason) -> Draft:
        """Return the finding that says why there is no number."""
        verdict = Verdict.INSUFFICIENT_DATA if reason in MISSING else Verdict.NOT_COMPUTABLE
        facts: dict[str, Fact] = {"least": self.limits.sizes.rows} if reason is Reason.TOO_FEW_ROWS else {}
        return self.draft(metric, where, sizes, verdict=verdict, reason=reason, facts=facts)

    def is_enough(self, sizes: Sizes) -> bool:
        """Return whether both sides have the rows that a distribution needs."""
        return sizes.least() >= self.limits.sizes.rows


def missing(profile: Profile, name: str) -> int:
    """Return how many nulls and NaNs a column of numbers has."""
    return profile.counts.get(f"null:{name}", 0) + profile.counts.get(f"nan:{name}", 0)
