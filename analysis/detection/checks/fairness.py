"""Fairness: for each protected attribute and chosen intersection, are decisions and their errors spread alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from analysis.detection.correction import holm
from analysis.detection.findings import Draft, Reason
from analysis.detection.pair import Pair, Sizes
from analysis.metrics import fairness
from analysis.metrics.fairness import Rate, Rates
from analysis.metrics.intervals import katz, newcombe, two_proportions, wilson
from analysis.metrics.power import smallest_gap
from analysis.profile import Profile

DP, DI = "demographic_parity_difference", "disparate_impact_ratio"
GAP = "accuracy_gap"
EO, ODDS = "equal_opportunity_difference", "equalized_odds_difference"


@dataclass(frozen=True)
class Sides:
    """The rates of one attribute's groups, before and now; only groups with enough rows on both sides."""

    before: Rates
    now: Rates
    thin: tuple[str, ...]  # groups with too few
    reference: str | None
    everybody: Rates  # the window's rates, groups with too few included

    @property
    def sizes(self) -> Sizes:
        """Return how many rows the rates rest on."""
        return Sizes(sum(r.n for r in self.before.values()), sum(r.n for r in self.now.values()))

    @property
    def is_enough(self) -> bool:
        """Return whether there are two groups to compare."""
        return len(self.now) >= 2

    @cached_property
    def compared(self) -> list[str]:
        """Return the groups that are tested: all but the reference; of two groups one, the other is its mirror."""
        groups = sorted(self.now)
        if self.reference in groups:
            return [group for group in groups if group != self.reference]
        return groups[:1] if len(groups) == 2 else groups

    def pairs(self, rates: Rates) -> list[tuple[Rate, Rate]]:
        """Return each tested group's rate and the rate it is compared with."""
        return [(rates[group], fairness.against(rates, group, self.reference)) for group in self.compared]

    def changes(self) -> list[float]:
        """Return the p of an unchanged gap, group by group; none where there is nobody to compare with."""
        if not self.is_enough:
            return []
        return [fairness.change(a, b) for a, b in zip(self.pairs(self.before), self.pairs(self.now), strict=True)]


def check(pair: Pair) -> list[Draft]:
    """Return the findings of every protected attribute and chosen intersection."""
    names = [*pair.spec.protected, *(" & ".join(parts) for parts in pair.spec.intersections)]
    return [draft for name in names if pair.window.has(name.split(" & ")[0]) for draft in attribute(pair, name)]


def attribute(pair: Pair, name: str) -> list[Draft]:
    """Return selection rates by group and the gaps of one attribute; Holm over all its tests."""
    selected = sides(pair, name, selection)
    true, false = sides(pair, name, true_positive), sides(pair, name, false_positive)
    right = sides(pair, name, correct)
    tests = [side.changes() for side in (selected, true, right)]
    adjusted = iter(holm([p for test in tests for p in test]).tolist())
    of_selection, of_truth, of_accuracy = (min([next(adjusted) for _ in test], default=1.0) for test in tests)
    drafts = _groups(pair, name, selected)
    drafts += [_gap(pair, DP, name, selected, of_selection), _ratio(pair, name, selected, of_selection)]
    drafts += [_gap(pair, EO, name, true, of_truth), _odds(pair, name, true, false)]
    return [*drafts, _gap(pair, GAP, name, right, of_accuracy)]


def selection(profile: Profile, name: str) -> Rates:
    """Return favourable decisions of all decisions, by group."""
    level = profile.level(f"group:{name}", 3)
    return {group: Rate(row[2], row[1]) for group, row in level.to_dict().items()}


def true_positive(profile: Profile, name: str) -> Rates:
    """Return favourable decisions of the rows whose label is positive, by group."""
    level = profile.level(f"outcome.group:{name}", 7)
    return {
        group: Rate(int(row[4]), int(row[3] + row[4])) for group, row in zip(level.names, level.values, strict=True)
    }


def false_positive(profile: Profile, name: str) -> Rates:
    """Return favourable decisions of the rows whose label is negative, by group."""
    level = profile.level(f"outcome.group:{name}", 7)
    return {
        group: Rate(int(row[1]), int(row[0] + row[1])) for group, row in zip(level.names, level.values, strict=True)
    }


def correct(profile: Profile, name: str) -> Rates:
    """Return right decisions of the rows whose label and decision are known, by group."""
    rows = profile.level(f"outcome.group:{name}", 7).to_dict().items()
    return {group: Rate(row[6], row[0] + row[1] + row[3] + row[4]) for group, row in rows}


def sides(pair: Pair, name: str, rates_of: Callable[[Profile, str], Rates]) -> Sides:
    """Return the rates on both sides of the groups that are large enough on both."""
    before, now = (rates_of(profile, name) for profile in (pair.baseline, pair.window))
    kept = enough(before, pair) & enough(now, pair)
    thin = tuple(sorted({*before, *now} - kept))
    first, second = ({group: side[group] for group in sorted(kept)} for side in (before, now))
    return Sides(first, second, thin, pair.spec.references.get(name), now)


def enough(rates: Rates, pair: Pair) -> set[str]:
    """Return the groups with enough rows, expected events and expected non-events."""
    n, x = sum(rate.n for rate in rates.values()), sum(rate.x for rate in rates.values())
    sizes = pair.limits.sizes
    return {
        group for group, rate in rates.items()
        if rate.n >= sizes.group_rows and min(x, n - x) * rate.n >= sizes.group_events * n
    }  # fmt: skip


def _groups(pair: Pair, name: str, selected: Sides) -> list[Draft]:
    drafts = []
    for group, rate in selected.now.items():
        old = selected.before[group]
        values: dict[str, float | None] = {
            "value": rate.value,
            "baseline_value": old.value,
            "p": two_proportions(*old, *rate),
        }
        values |= {"detectable": smallest_gap(old.value, old.n, rate.n, pair.limits.alpha)}
        interval = tuple(wilson(*rate))
        drafts.append(pair.draft("selection_rate", (name, group), Sizes(old.n, rate.n), interval=interval, **values))
    before, now = (selection(profile, name) for profile in (pair.baseline, pair.window))
    for group in selected.thin:
        sizes = Sizes(*(side.get(group, Rate(0, 0)).n for side in (before, now)))
        drafts.append(pair.unknown("selection_rate", (name, group), sizes, Reason.TOO_FEW_IN_GROUPS))
    return drafts


def _lacking(pair: Pair, metric: str, name: str, side: Sides) -> Draft:
    is_unlabelled = metric in (EO, ODDS, GAP) and not pair.window.total("outcome.hour", 3)[1]
    reason = Reason.NO_LABELS if is_unlabelled else Reason.TOO_FEW_IN_GROUPS
    draft = pair.unknown(metric, (name, None), side.sizes, reason)
    return draft if metric == ODDS else _able(pair, draft, side)


def _able(pair: Pair, draft: Draft, side: Sides) -> Draft:
    """Return the draft with the smallest gap in the window that would have been found; as a ratio for a ratio."""
    found = detectable(pair, side)
    if found is None:
        return draft
    gap, rate = found
    ratio = 1 - gap / rate if gap <= rate else rate / (rate + gap)
    value = ratio if draft.finding.metric == DI else gap
    return replace(draft, finding=replace(draft.finding, detectable=value))


def detectable(pair: Pair, side: Sides) -> tuple[float, float] | None:
    """Return the smallest gap that the window would show in any group that is judged, and the rate it is held to.

    Where too few groups are large enough, it is the gap that the best group would show. The policy's α is shared out
    over the groups, the first step of Holm.
    """
    held = {group: rate for group, rate in (side.now if side.is_enough else side.everybody).items() if rate.n}
    if len(held) < 2:
        return None
    groups = side.compared if side.is_enough else sorted(held)
    alpha, found = pair.limits.alpha / len(groups), []
    for group in groups:
        other = fairness.against(held, group, side.reference)
        rate = (other + held[group]).value
        found.append((smallest_gap(rate, other.n, held[group].n, alpha), rate))
    known = [(gap, rate) for gap, rate in found if gap is not None]
    if side.is_enough:
        return max(known) if len(known) == len(found) else None
    return min(known, default=None)


def _named(draft: Draft, side: Sides) -> Draft:
    """Return the draft with the groups at both ends named."""
    low, high = fairness.lowest(side.now), fairness.highest(side.now)
    return draft.told(
        lowest=low, highest=high, lowest_rate=side.now[low].value, highest_rate=side.now[high].value,
        lowest_before=side.before[low].value, highest_before=side.before[high].value,
        compared_with=side.reference or "the rest", thin=list(side.thin),
    )  # fmt: skip


def _gap(pair: Pair, metric: str, name: str, side: Sides, p: float) -> Draft:
    if not side.is_enough:
        return _lacking(pair, metric, name, side)
    now, before = fairness.difference(side.now), fairness.difference(side.before)
    low, high = side.now[fairness.lowest(side.now)], side.now[fairness.highest(side.now)]
    draft = pair.draft(
        metric, (name, fairness.lowest(side.now)), side.sizes, value=now, baseline_value=before, p=p,
        interval=tuple(newcombe(*low, *high)), facts={"change": now - before},
    )  # fmt: skip
    limit = pair.limits.limit(metric)
    bound = max(bound_of_gap(a, b, _confidence(pair, side)) for a, b in side.pairs(side.now))
    draft = replace(draft, test=f"{metric}:{name}", effect=now - before)
    return _able(
        pair, _named(replace(draft, absolute=limit.severity(bound), standing=limit.severity(before)), side), side
    )


def _ratio(pair: Pair, name: str, side: Sides, p: float) -> Draft:
    if not side.is_enough:
        return _lacking(pair, DI, name, side)
    now, before = fairness.ratio(side.now), fairness.ratio(side.before)
    low, high = side.now[fairness.lowest(side.now)], side.now[fairness.highest(side.now)]
    interval = tuple(katz(*high, *low)) if high.x else None
    draft = pair.draft(
        DI, (name, fairness.lowest(side.now)), side.sizes, value=now, baseline_value=before, p=p, interval=interval
    )
    limit = pair.limits.limit(DI)
    bound = min(bound_of_ratio(a, b, _confidence(pair, side)) for a, b in side.pairs(side.now))
    draft = replace(draft, test=f"{DP}:{name}", effect=now if now < before else 1.0)
    return _able(
        pair, _named(replace(draft, absolute=limit.severity(bound), standing=limit.severity(before)), side), side
    )


def _odds(pair: Pair, name: str, true: Sides, false: Sides) -> Draft:
    if not true.is_enough or not false.is_enough:
        return _lacking(pair, ODDS, name, true)
    now = fairness.equalized_odds_difference(true.now, false.now)
    before = fairness.equalized_odds_difference(true.before, false.before)
    return pair.draft(ODDS, (name, None), true.sizes, value=now, baseline_value=before)


def _confidence(pair: Pair, side: Sides) -> float:
    """Return the policy's confidence, shared out over the groups that are looked at."""
    return 1 - (1 - pair.limits.bound) / max(len(side.compared), 1)


def bound_of_gap(a: Rate, b: Rate, confidence: float) -> float:
    """Return the bound of the gap of two rates that is nearest to equality; 0 where the interval holds it."""
    low, high = newcombe(*a, *b, confidence)
    return max(low, -high, 0.0)


def bound_of_ratio(a: Rate, b: Rate, confidence: float) -> float:
    """Return the bound of the smaller over the larger rate that is nearest to equality, at most 1."""
    small, large = sorted((a, b), key=lambda rate: rate.value)
    return min(1.0, katz(*large, *small, confidence).high) if large.x else 1.0
