"""What counting a log costs, as a multiple of the CPU of merely decoding the same Parquet; paired, medians.

`python -m tests.benchmarks profiling` times 1M and 10M rows and prints the peak memory of processes of their own;
`python -m tests.benchmarks.bench_profiling 100` reads the same ten files ten times, 100M rows.
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

import pyarrow.parquet as pq

from analysis.detection.compare import compare
from analysis.discovery import Told, discover
from analysis.profile import Profile, count
from analysis.profile.builder import fastest
from analysis.profile.counting import PLAIN, Loop
from analysis.spec import Spec
from storage.predictions import log_at, read, sample
from tests.benchmarks.generated import folder

FILES = 10  # of a million rows each
LOOPS = {"numpy": lambda: PLAIN, "fast": fastest}


def decode(paths: list[Path]) -> None:
    """Read every row group and drop it."""
    for path in paths:
        with pq.ParquetFile(path, memory_map=True) as file:
            for group in range(file.num_row_groups):
                file.read_row_group(group, use_threads=False)


def batches(paths: list[Path]) -> None:
    """Read in batches of bounded size, as the library does where nothing else is asked; drop each."""
    for path in paths:
        with pq.ParquetFile(path) as file:
            deque(file.iter_batches(), maxlen=0)


def counted(spec: Spec, paths: list[Path], loop: Loop) -> Profile:
    """Count a log with the given inner loop."""
    return count(spec, read(log_at(paths)), loop)


def logs(millions: int) -> list[Path]:
    """Return that many files; past the tenth, the same again."""
    paths = folder(Path(tempfile.gettempdir()) / "ethixbot-bench", min(millions, FILES))
    return [paths[i % len(paths)] for i in range(millions)]


def spec_of(paths: list[Path]) -> Spec:
    """Return the spec that is found in the first rows."""
    return discover(sample(log_at(paths[:1])), Told(protected=("group",)))


def times(millions: int, runs: int) -> None:
    """Print CPU and wall time of both loops beside decoding, and their ratio to it: whole row groups, and batches."""
    paths = logs(millions)
    spec = spec_of(paths)
    jobs = {"decode": lambda: decode(paths), "batches": lambda: batches(paths)} | {
        name: lambda loop=loop: counted(spec, paths, loop()) for name, loop in LOOPS.items()
    }
    cost: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
    counted(spec, paths[:1], fastest())  # loads or compiles the loop
    for _ in range(runs):
        for name, job in jobs.items():
            cpu, at = time.process_time(), time.perf_counter()
            job()
            cost[name].append((time.process_time() - cpu, time.perf_counter() - at))
    for name, spent in cost.items():
        cpu, wall = (statistics.median(column) for column in zip(*spent, strict=True))
        ratio = statistics.median(mine[0] / plain[0] for mine, plain in zip(spent, cost["decode"], strict=True))
        print(
            f"{millions:>4}M rows {name:>7}: CPU {cpu:6.2f} s, wall {wall:6.2f} s, {ratio:.2f} × decoding", flush=True
        )


def peak(millions: int, name: str) -> tuple[float, float]:
    """Return peak memory in MiB and CPU in seconds of a process that only counts, and of one that only decodes."""
    script = "import sys; from tests.benchmarks import bench_profiling as b; b.alone(int(sys.argv[1]), sys.argv[2])"
    done = subprocess.run(
        [sys.executable, "-c", script, str(millions), name], capture_output=True, text=True, check=True
    )
    mebibytes, cpu = json.loads(done.stdout)
    return mebibytes, cpu


def alone(millions: int, name: str) -> None:
    """Do one job in this process, and print its peak memory and CPU as JSON."""
    paths = logs(millions)
    spec = spec_of(paths)
    start = time.process_time()
    if name == "decode":
        decode(paths)
    else:
        counted(spec, paths, LOOPS[name]())
    cpu = time.process_time() - start
    told = Path("/proc/self/status").read_text(encoding="ascii")  # ru_maxrss would count the parent's memory too
    print(json.dumps([int(re.search(r"VmHWM:\s+(\d+)", told)[1]) / 1024, cpu]))  # type: ignore[index]


def comparing(runs: int = 20) -> None:
    """Print how long two profiles take to compare, and how large one is."""
    first, second = logs(2)
    spec = spec_of([first])
    a, b = (counted(spec, [path], fastest()) for path in (first, second))
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        compare(a, b)
        spent.append(time.perf_counter() - start)
    kilobytes = len(a.to_bytes()) / 1000
    print(f"comparing two profiles: {statistics.median(spent) * 1000:.0f} ms; a stored profile: {kilobytes:.0f} kB")


def run() -> None:
    """Print everything."""
    times(1, 9)
    times(10, 3)
    for name in ("decode", "numpy", "fast"):
        small, large = (peak(millions, name)[0] for millions in (1, FILES))
        print(
            f"peak memory {name:>7}: 1M rows {small:.0f} MiB, 10M rows {large:.0f} MiB, {large / small:.2f} ×",
            flush=True,
        )
    comparing()


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for job in ("decode", "fast"):
        mebibytes, cpu = peak(wanted, job)
        print(f"{wanted}M rows {job:>7}: CPU {cpu:.1f} s, peak {mebibytes:.0f} MiB", flush=True)
