"""How small a shift is noticed, family by family, beside a rule that looks at the value alone.

A known shift is put into rows drawn with replacement from unchanged data; what counts is an alarm about what was
shifted. The simple rule takes the same limits without asking whether it may be chance: how often it cries wolf is
printed by the bench of false alarms.

`python -m tests.benchmarks power`; `python -m tests.benchmarks.bench_power RUNS` for more runs a point.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.detection.compare import compare
from analysis.detection.findings import Finding
from analysis.detection.limits import Limits
from analysis.discovery import Told, discover
from analysis.profile import Profile, count
from analysis.spec import Spec
from analysis.vocabulary import Family, Verdict
from tests.benchmarks.bench_false_alarms import drawn, pool

SIZES = (1_000, 5_000)
SEED = 20_261_121
Draw = np.random.Generator
Put = Callable[[pa.Table, float, Draw], pa.Table]


@dataclass(frozen=True)
class Shift:
    """What is shifted, how strongly, and which findings are about it."""

    name: str
    family: Family
    put: Put
    strengths: tuple[float, ...]
    unit: str
    columns: tuple[str | None, ...]

    def is_about(self, finding: Finding) -> bool:
        """Return whether a finding is about what was shifted."""
        return finding.family is self.family and finding.column in self.columns


def _replaced(rows: pa.Table, name: str, values: object) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), name, pa.array(values, from_pandas=True))


def _some(rows: pa.Table, share: float, draw: Draw) -> NDArray[np.bool_]:
    return draw.random(len(rows)) < share


def _moved(name: str) -> Put:
    def put(rows: pa.Table, by: float, draw: Draw) -> pa.Table:
        x = rows[name].to_numpy().astype(np.float64)
        return _replaced(rows, name, x + by * np.nanstd(x))

    return put


def _one_value(name: str, value: str) -> Put:
    def put(rows: pa.Table, share: float, draw: Draw) -> pa.Table:
        old = rows[name].to_numpy(zero_copy_only=False)
        return _replaced(rows, name, np.where(_some(rows, share, draw), value, old))

    return put


def _lost(name: str) -> Put:
    def put(rows: pa.Table, share: float, draw: Draw) -> pa.Table:
        old = rows[name].to_numpy().astype(np.float64)
        return _replaced(rows, name, np.where(_some(rows, share, draw), np.nan, old))

    return put


def _refused(rows: pa.Table, points: float, draw: Draw) -> pa.Table:
    """Refuse some of the women who would have been approved, so that their rate falls by so much."""
    women = rows["sex"].to_numpy(zero_copy_only=False) == "Female"
    decision = rows["decision"].to_numpy(zero_copy_only=False).astype(np.float64)
    rate = np.nanmean(decision[women])
    return _replaced(rows, "decision", np.where(women & _some(rows, points / rate, draw), decision * 0, decision))


def _flipped(rows: pa.Table, share: float, draw: Draw) -> pa.Table:
    decision = rows["decision"].to_numpy(zero_copy_only=False).astype(np.float64)
    return _replaced(rows, "decision", np.where(_some(rows, share, draw), 1 - decision, decision))


def _higher(rows: pa.Table, by: float, draw: Draw) -> pa.Table:
    return _replaced(rows, "score", np.clip(rows["score"].to_numpy() + by, 0, 1))


def _reweighed(rows: pa.Table, share: float, draw: Draw) -> pa.Table:
    """Give each feature the attribution of the next one, in a share of the rows."""
    names = [name for name in rows.column_names if name.startswith("attribution_")]
    some = _some(rows, share, draw)
    columns = [rows[name].to_numpy() for name in names]
    for name, own, other in zip(names, columns, [*columns[1:], columns[0]], strict=True):
        rows = _replaced(rows, name, np.where(some, other, own))
    return rows


def _failed(rows: pa.Table, share: float, draw: Draw) -> pa.Table:
    both = zip(rows["error"].to_pylist(), _some(rows, share, draw), strict=True)
    return _replaced(rows, "error", [error or ("timeout" if fails else None) for error, fails in both])


def _slower(rows: pa.Table, times: float, draw: Draw) -> pa.Table:
    return _replaced(rows, "latency_ms", rows["latency_ms"].to_numpy() * times)


SHARES, GREATER = (0.02, 0.05, 0.10, 0.20), (0.05, 0.1, 0.2, 0.3)
SHIFTS = (
    Shift("age moved", Family.DATA, _moved("age"), (0.1, 0.2, 0.3, 0.5), "σ", ("age",)),
    Shift("one occupation more", Family.DATA, _one_value("occupation", "Sales"), GREATER, "", ("occupation",)),
    Shift("hours missing", Family.QUALITY, _lost("hours_per_week"), SHARES, "", ("hours_per_week",)),
    Shift("women approved less", Family.FAIRNESS, _refused, (0.05, 0.1, 0.15, 0.2), "points", ("sex",)),
    Shift("decisions flipped", Family.MODEL, _flipped, SHARES, "", (None,)),
    Shift("scores higher", Family.MODEL, _higher, (0.02, 0.05, 0.1, 0.15), "", ("score",)),
    Shift("attributions of the next", Family.EXPLANATION, _reweighed, (0.1, 0.25, 0.5, 1.0), "", (None,)),
    Shift("requests fail", Family.OPERATIONS, _failed, (0.005, 0.01, 0.02, 0.05), "", (None,)),
    Shift("slower", Family.OPERATIONS, _slower, (2.0, 3.5, 5.0, 8.0), "×", ("latency_ms",)),
)  # fmt: skip


@cache
def _source() -> tuple[pa.Table, Spec]:
    rows = pool()
    return rows, discover(rows, Told(protected=("sex", "race", "age_band")))


@cache
def _baseline(n: int, run: int) -> Profile:
    rows, spec = _source()
    return count(spec, drawn(rows, n, np.random.default_rng([SEED, n, run])))


def noticed(shift: Shift, runs: int, n: int, strength: float) -> tuple[float, float]:
    """Return the share of runs in which the shift raised an alarm, and in which its value alone passed a limit."""
    rows, spec = _source()
    limits, ours, simple = Limits(), 0, 0
    for run in range(runs):
        draw = np.random.default_rng([SEED, n, run, int(strength * 1000)])
        window = shift.put(pa.Table.from_batches(drawn(rows, n, draw)), strength, draw)
        report = compare(_baseline(n, run), count(spec, window.to_batches()), limits)
        about = [f for f in report.findings if shift.is_about(f)]
        ours += any(f.verdict is Verdict.ALARM for f in about)
        simple += any(f.value is not None and limits.limit(f.metric).severity(f.value) is not None for f in about)
    return ours / runs, simple / runs


def _line(runs: int, number: int) -> str:
    shift, told = SHIFTS[number], []
    for n in SIZES:
        for strength in shift.strengths:
            ours, simple = noticed(shift, runs, n, strength)
            told.append(f"{strength:g}: {ours:4.0%} ({simple:.0%})")
    half = len(shift.strengths)
    sizes = "".join(f"\n    {n:>5} rows  {'   '.join(told[i * half : (i + 1) * half])}" for i, n in enumerate(SIZES))
    return f"{shift.family.value}: {shift.name} {f'({shift.unit})' if shift.unit else ''}{sizes}"


def run(runs: int = 25) -> None:
    """Print a line for each size of each shift: strength, share of runs noticed, and by the value alone in brackets."""
    print(f"{runs} runs a point; in brackets the rule that looks at the value alone")
    with ProcessPoolExecutor(2) as workers:
        for line in workers.map(partial(_line, runs), range(len(SHIFTS))):
            print(line, flush=True)


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
