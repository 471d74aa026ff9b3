"""The same comparison by evidently: two logs of a million rows each, from Parquet to a drift report.

It needs other versions of the same libraries, so it runs in an interpreter of its own:
`EVIDENTLY_PYTHON=…/bin/python python -m tests.benchmarks peers`; without one, this interpreter is asked.
"""

import os
import subprocess
import sys
import time

from analysis.detection.compare import compare
from analysis.profile.builder import fastest
from tests.benchmarks.bench_profiling import counted, logs, spec_of

PROGRAM = """
import sys, time
import pyarrow.parquet as pq
from evidently import Report
from evidently.presets import DataDriftPreset
start = time.process_time()
reference, current = (pq.read_table(path).to_pandas() for path in sys.argv[1:])
Report([DataDriftPreset()]).run(current, reference)
print(time.process_time() - start)
"""


def run() -> None:
    """Print the CPU of both, each with its own reading."""
    paths = logs(2)
    spec = spec_of(paths)
    counted(spec, paths[:1], fastest())  # loads or compiles the loop
    start = time.process_time()
    compare(*(counted(spec, [path], fastest()) for path in paths))
    ours = time.process_time() - start
    print(f"ours: CPU {ours:.2f} s for every metric of the table, by hour and by group too")
    python = os.environ.get("EVIDENTLY_PYTHON", sys.executable)
    done = subprocess.run([python, "-c", PROGRAM, *map(str, paths)], capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
        print(f"evidently: not measured ({said})")
        return
    theirs = float(done.stdout.split()[-1])
    print(f"evidently: CPU {theirs:.2f} s for one drift test a column, {theirs / ours:.0f} × ours")
