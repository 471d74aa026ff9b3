"""How often unchanged data alarms: splits of real, unchanged rows, and what the simple rule would have said.

Reference and window a are pooled and drawn from with replacement, twice; every alarm is false.
`python -m tests.benchmarks false_alarms` makes 200 runs a size, `python -m tests.benchmarks.bench_false_alarms` 1,000.
"""

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.stats import binomtest

from analysis.detection.compare import compare
from analysis.detection.findings import Finding
from analysis.detection.limits import Limits
from analysis.discovery import Told, discover
from analysis.profile import Profile, count
from analysis.vocabulary import Verdict
from storage.predictions import log_at, read

DATA = Path(__file__).resolve().parents[2] / "bot/demo/data"
FILES = ("reference.parquet", "current_a_no_change.parquet")
SIZES = (200, 1_000, 5_000)
SEED = 20_261_121


def pool() -> pa.Table:
    """Return the unchanged rows, times of both files laid over one another."""
    log = log_at([DATA / name for name in FILES], [DATA / "late_labels.parquet"])
    return pa.Table.from_batches(list(read(log)))


def drawn(rows: pa.Table, n: int, draw: np.random.Generator) -> list[pa.RecordBatch]:
    """Return n rows drawn with replacement."""
    return rows.take(np.sort(draw.integers(0, rows.num_rows, n))).to_batches()


def simple(findings: tuple[Finding, ...], limits: Limits) -> bool:
    """Return whether a rule that looks at the value alone would alarm."""
    judged = (f for f in findings if f.value is not None and f.metric != "composite")
    return any(limits.limit(f.metric).severity(f.value or 0.0) for f in judged)


def judged(n: int, part: range) -> tuple[int, int, Counter[str]]:
    """Return in how many runs something alarmed, in how many some value alone was past its limit, and what alarmed."""
    rows, limits, which = pool(), Limits(), Counter[str]()
    spec = discover(rows, Told(protected=("sex", "race", "age_band")))
    alarms = naive = 0
    for number in part:
        draw = np.random.default_rng([SEED, n, number])
        sides: list[Profile] = [count(spec, drawn(rows, n, draw)) for _ in range(2)]
        report = compare(sides[0], sides[1], limits)
        raised = [f for f in report.findings if f.verdict is Verdict.ALARM]
        alarms, naive = alarms + bool(raised), naive + simple(report.findings, limits)
        which.update({f"{f.metric} {f.column or ''}".strip() for f in raised})
    return alarms, naive, which


def run(runs: int = 200, sizes: tuple[int, ...] = SIZES) -> None:
    """Print the share of runs with any alarm, its 95 % interval, and which metrics alarmed."""
    parts = [range(begin, min(begin + 20, runs)) for begin in range(0, runs, 20)]
    with ProcessPoolExecutor(2) as workers:
        for n in sizes:
            found = list(workers.map(partial(judged, n), parts))
            alarms, naive = (sum(part[i] for part in found) for i in (0, 1))
            interval = binomtest(alarms, runs).proportion_ci(method="exact")
            which = sum((part[2] for part in found), Counter())
            told = ", ".join(f"{name} {times}" for name, times in which.most_common()) or "none"
            within = f"{interval.low:.1%} to {interval.high:.1%}"
            print(f"{n:>5} rows a side, {runs:,} runs: {alarms / runs:.1%} alarm ({within}); ", end="")
            print(f"by the value alone {naive / runs:.0%}. Alarmed: {told}", flush=True)


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    run(asked[0] if asked else 1_000, tuple(asked[1:]) or SIZES)
