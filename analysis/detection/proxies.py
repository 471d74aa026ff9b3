"""The proxy screen: how much each feature tells of each protected attribute, on demand (A2).

A proxy is a feature from which the attribute can be told, so a model may treat groups unlike without reading the
attribute. A feature is one where Cramér's V, freed of its bias, reaches PROXY and chance does not explain it
(Benjamini–Hochberg over all pairs). `weight` says how much the model makes of it, where attributions are logged.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.detection.correction import benjamini_hochberg
from analysis.detection.crosstab import Event, Plan, Population, tables
from analysis.detection.limits import Limits
from analysis.detection.pair import Pair
from analysis.detection.players import features
from analysis.metrics.association import association
from analysis.profile import Profile
from analysis.profile.grid import Grid
from analysis.vocabulary import Verdict

PROXY = 0.3  # a medium effect (Cohen, Statistical Power Analysis, 2nd ed., 1988, 7.2)


@dataclass(frozen=True)
class Proxy:
    """A feature and a protected attribute: V, p, q, on how many rows, and the feature's share of the attributions."""

    attribute: str
    feature: str
    v: float | None
    p: float | None
    q: float | None
    n: int
    weight: float | None
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self)


def screen(profile: Profile, read: Callable[[], Iterable[pa.RecordBatch]], limits: Limits) -> list[Proxy]:
    """Return every feature against every protected attribute, the closest first; one more pass over the log.

    Groups of fewer rows than the policy asks for are left out; a pair with fewer than two groups, or too few rows
    together, is `insufficient_data`.
    """
    pair = Pair(profile, profile, limits)
    groups = {name: _groups(profile, name, limits) for name in profile.spec.protected if profile.has(name)}
    pairs = [(name, feature) for name in groups for feature in features(pair, (name,))]
    plans = [Plan(Population(Event.NONE, name, groups[name]), (feature,)) for name, feature in pairs]
    counts = [table.sum(axis=-1) for table in tables(profile.spec, plans, read())]
    tests = [association(table) for table in counts]
    q = benjamini_hochberg([test.p for test in tests]).tolist() if tests else []
    weights = _weights(profile)
    found = []
    for (name, feature), table, test, corrected in zip(pairs, counts, tests, q, strict=True):
        n, column = int(table.sum()), feature.columns[0]
        if len(groups[name]) < 2 or n < limits.sizes.rows:
            found.append(Proxy(name, column, None, None, None, n, weights.get(column), Verdict.INSUFFICIENT_DATA))
            continue
        verdict = Verdict.NOTICE if test.v >= PROXY and corrected < limits.alpha else Verdict.OK
        found.append(Proxy(name, column, test.v, test.p, corrected, n, weights.get(column), verdict))
    return sorted(found, key=lambda one: (-(one.v or 0.0), one.attribute, one.feature))


def _groups(profile: Profile, name: str, limits: Limits) -> tuple[str, ...]:
    rows = profile.level(f"group:{name}", 3).to_dict()
    return tuple(group for group, (n, *_) in rows.items() if n >= limits.sizes.group_rows)


def _weights(profile: Profile) -> dict[str, float]:
    """Return each feature's share of the mean size of all attributions."""
    means = {
        name: Grid.of(profile.table(f"attribution:{name}", 2), 0.0).mean
        for name in profile.spec.attributions
        if f"attribution:{name}" in profile.tables
    }
    known = {name: mean for name, mean in means.items() if np.isfinite(mean)}
    whole = sum(known.values())
    return {name: mean / whole for name, mean in known.items()} if whole else {}
