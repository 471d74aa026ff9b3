"""What counting a log costs, as a multiple of the CPU of merely decoding the same Parquet; paired, medians.

`python -m tests.benchmarks.profiling [millions of rows] [runs]`
"""

import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from analysis.discovery import Told, discover
from analysis.profile import Profile, count
from analysis.profile.builder import fastest
from analysis.profile.counting import PLAIN, Loop
from analysis.spec import Spec
from storage.predictions import Log, log_at, read, sample
from tests.benchmarks.generated import folder


def decode(paths: list[Path]) -> None:
    """Read every row group and drop it."""
    for path in paths:
        with pq.ParquetFile(path, memory_map=True) as file:
            for group in range(file.num_row_groups):
                file.read_row_group(group, use_threads=False)


def counted(spec: Spec, log: Log, loop: Loop) -> Profile:
    """Count a log with the given inner loop."""
    return count(spec, read(log), loop)


def main(millions: int, runs: int) -> None:
    """Print CPU and wall time of both, their ratio, and the peak memory."""
    paths = folder(Path(tempfile.gettempdir()) / "ethixbot-bench", millions)
    log = log_at(paths)
    spec = discover(sample(log), Told(protected=("group",)))
    jobs = {
        "decode": lambda: decode(paths),
        "numpy": lambda: counted(spec, log, PLAIN),
        "fast": lambda: counted(spec, log, fastest()),
    }
    cost: dict[str, list[float]] = {name: [] for name in jobs}
    wall: dict[str, list[float]] = {name: [] for name in jobs}
    counted(spec, log_at(paths[:1]), fastest())  # loads or compiles the loop
    for _ in range(runs):
        for name, job in jobs.items():
            cpu, at = time.process_time(), time.perf_counter()
            job()
            cost[name].append(time.process_time() - cpu)
            wall[name].append(time.perf_counter() - at)
    for name in jobs:
        print(f"{name:>8}: CPU {statistics.median(cost[name]):.2f} s, wall {statistics.median(wall[name]):.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name in ("numpy", "fast"):
        ratio = statistics.median(b / a for a, b in zip(cost["decode"], cost[name], strict=True))
        print(f"{millions}M rows, {name}: {ratio:.2f} × the CPU of decoding; peak of all {peak:.0f} MiB")


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    main(asked[0] if asked else 1, asked[1] if len(asked) > 1 else 5)
