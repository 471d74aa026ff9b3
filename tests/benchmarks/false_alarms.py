"""How often unchanged data alarms: splits of real, unchanged rows, and what the simple rule would have said.

Reference and window a are pooled and drawn from with replacement, twice; every alarm is false.
`python -m tests.benchmarks.false_alarms [runs] [sizes …]`
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa

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


def main(runs: int, sizes: tuple[int, ...]) -> None:
    """Print the share of runs with any alarm, and which metrics alarmed."""
    rows, limits = pool(), Limits()
    spec = discover(rows, Told(protected=("sex", "race", "age_band")))
    for n in sizes:
        draw, which = np.random.default_rng(n), Counter[str]()
        alarms = naive = 0
        for _ in range(runs):
            sides: list[Profile] = [count(spec, drawn(rows, n, draw)) for _ in range(2)]
            report = compare(sides[0], sides[1], limits)
            raised = [f for f in report.findings if f.verdict is Verdict.ALARM]
            alarms, naive = alarms + bool(raised), naive + simple(report.findings, limits)
            which.update(f"{f.metric}:{f.column}:{f.group}:{f.reason}" for f in raised)
        print(
            f"{n:>6} rows a side, {runs} runs: {alarms / runs:.1%} alarm; value alone {naive / runs:.0%}; {dict(which)}"
        )


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    main(asked[0] if asked else 1_000, tuple(asked[1:]) or SIZES)
