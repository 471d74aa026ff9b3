"""`python -m tests.benchmarks [NAME …]`: runs each `bench_*.py` beside this file and prints its figures.

Nothing here passes or fails: shared machines are noisy, so ratios of one run and medians are printed, to be read.
"""

import importlib
import sys
import time
from pathlib import Path


def main(wanted: list[str]) -> None:
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        name = path.stem.removeprefix("bench_")
        if wanted and name not in wanted:
            continue
        print(f"── {name} " + "─" * (70 - len(name)), flush=True)
        start = time.perf_counter()
        importlib.import_module(f"tests.benchmarks.{path.stem}").run()
        print(f"   ({time.perf_counter() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
