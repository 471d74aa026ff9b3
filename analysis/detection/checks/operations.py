"""Operations: errors and latency, over the window and by hour, so that an outage of some hours in a week is seen."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from analysis.detection.findings import Draft, Reason
from analysis.detection.pair import Pair, Sizes
from analysis.metrics import operations
from analysis.metrics.intervals import newcombe, wilson
from analysis.profile import Profile
from analysis.profile.cells import CELLS, Ints
from analysis.profile.grid import Grid
from analysis.profile.profile import moment
from analysis.profile.table import Table
from analysis.spec import Number

QUANTILES = {"latency_p50": 0.5, "latency_p95": 0.95, "latency_p99": 0.99}
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Block:
    """Neighbouring hours with at least 100 requests together."""

    first: int
    last: int
    rows: int
    errors: int

    @property
    def name(self) -> str:
        """Return from when until when, as ISO 8601 writes an interval."""
        ends = (moment(self.first * HOUR_MS), moment((self.last + 1) * HOUR_MS))
        return "/".join(f"{end:%Y-%m-%dT%H:%MZ}" for end in ends)


def check(pair: Pair) -> list[Draft]:
    """Return errors and latency, as a whole and in the worst hours."""
    return [*_errors(pair), *_latency(pair)]


def blocks(profile: Profile, least: int) -> list[Block]:
    """Return the hours of a log, merged with their neighbours until each block has enough requests."""
    found: list[Block] = []
    for block in _grown(profile.table("hour", 4), least):
        if block.rows < least and found:
            last = found.pop()
            found.append(Block(last.first, block.last, last.rows + block.rows, last.errors + block.errors))
        else:
            found.append(block)
    return found


def _grown(table: Table, least: int) -> Iterator[Block]:
    block: Block | None = None
    for hour, (rows, errors, *_) in table.to_dict().items():
        if hour < 0:
            continue
        old = block or Block(hour, hour, 0, 0)
        block = Block(old.first, hour, old.rows + rows, old.errors + errors)
        if block.rows >= least:
            yield block
            block = None
    if block:
        yield block


def _errors(pair: Pair) -> list[Draft]:
    if pair.spec.column("error") is None:
        return []
    (n, x, *_), (m, y, *_) = (profile.total("hour", 4).tolist() for profile in (pair.baseline, pair.window))
    sizes = Sizes(n, m)
    if not pair.is_enough(sizes):
        return [pair.unknown("error_rate", (None, None), sizes, Reason.TOO_FEW_ROWS)]
    before, now, p = operations.error_rate(x, n, y, m)
    draft = pair.draft(
        "error_rate", (None, None), sizes, value=now, baseline_value=before, p=p, interval=tuple(wilson(y, m)),
        facts={"difference_low": newcombe(x, n, y, m).low, "errors": y},
    )  # fmt: skip
    drafts = [replace(draft, test="errors", effect=now if now > before else 0.0)]
    least = pair.limits.sizes.hour_requests
    found = blocks(pair.window, least)
    if len(found) > 1 and found[0].rows >= least:
        drafts.append(_worst_errors(pair, found, x, n))
    return drafts


def _worst_errors(pair: Pair, found: list[Block], x: int, n: int) -> Draft:
    worst = max(found, key=lambda block: (block.errors / block.rows, -block.first))
    before, now, p = operations.error_rate(x, n, worst.errors, worst.rows)
    usual = blocks(pair.baseline, pair.limits.sizes.hour_requests)
    spread = operations.overdispersion([block.errors for block in usual], [block.rows for block in usual])
    p = operations.widened(p, spread)
    draft = pair.draft(
        "error_rate", (None, worst.name), Sizes(n, worst.rows), value=now, baseline_value=before,
        p=min(1.0, p * len(found)), interval=tuple(wilson(worst.errors, worst.rows)), facts={"blocks": len(found)},
    )  # fmt: skip
    return replace(draft, test="errors by hour", effect=now if now > before else 0.0)


def _latency(pair: Pair) -> list[Draft]:
    if pair.spec.column("latency_ms") is None:
        return []
    grids = pair.grids("latency", Number())
    sizes = pair.sizes("latency", grids)
    column = str(pair.spec.column("latency_ms"))
    if not pair.is_enough(sizes):
        return [pair.unknown(metric, (column, None), sizes, Reason.TOO_FEW_ROWS) for metric in RATIO]
    found = {metric: operations.latency(*grids, share) for metric, share in QUANTILES.items()}
    drafts = [
        pair.draft(metric, (column, None), sizes, value=now.window, baseline_value=now.baseline, p=now.p)
        for metric, now in found.items()
    ]
    drafts.append(_ratio(pair, (column, None), sizes, found["latency_p95"]))
    return drafts + _slowest(pair, column, grids[0])


RATIO = (*QUANTILES, "latency_p95_ratio")


def _ratio(pair: Pair, where: tuple[str, str | None], sizes: Sizes, now: operations.Latency) -> Draft:
    draft = pair.draft(
        "latency_p95_ratio", where, sizes, value=now.ratio, baseline_value=1.0, p=now.p,
        facts={"ms": now.window, "baseline_ms": now.baseline, "above": now.above},
    )  # fmt: skip
    return replace(draft, test="latency", effect=now.ratio)


def _slowest(pair: Pair, column: str, baseline: Grid) -> list[Draft]:
    """Return the block with the worst p95, its p times the number of blocks."""
    found = _by_block(pair.window, baseline, pair.limits.sizes.hour_requests)
    if len(found) < 2:
        return []
    now, block, n = max(found, key=lambda one: (one[0].ratio, -one[1].first))
    usual = _by_block(pair.baseline, baseline, pair.limits.sizes.hour_requests)
    spread = operations.overdispersion([old.above for old, _, _ in usual], [rows for _, _, rows in usual])
    draft = _ratio(pair, (column, block.name), Sizes(baseline.n, n), now).told(blocks=len(found))
    corrected = replace(draft.finding, p=min(1.0, operations.widened(now.p, spread) * len(found)))
    return [replace(draft, finding=corrected, test="latency by hour")]


def _by_block(profile: Profile, baseline: Grid, least: int) -> list[tuple[operations.Latency, Block, int]]:
    table = profile.table("hour.latency", 1)
    hours = table.keys // CELLS
    found = []
    for block in blocks(profile, least):
        held = slice(*np.searchsorted(hours, [block.first, block.last + 1]).tolist())
        if int(table.values[held, 0].sum()) >= least:
            grid = _grid(table.keys[held] % CELLS, table.values[held, 0])
            found.append((operations.latency(baseline, grid), block, grid.n))
    return found


def _grid(keys: Ints, counts: Ints) -> Grid:
    rows = np.c_[counts, np.zeros(len(counts), np.int64)]
    return Grid.of(Table.of(keys, rows), 0.0)
