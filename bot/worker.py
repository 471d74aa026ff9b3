"""Reads a log and counts or compares it, in a process of its own: a poisoned file or a run out of memory ends
only this process. It reads one job as JSON from standard input, writes its result into a folder, never opens our
database, and ends with its parent.
"""

import json
import os
import resource
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMORY = 4 << 30  # bytes of address space beyond what the process has at its start


@dataclass(frozen=True)
class Job:
    """What to do: `task` is a name of TASKS; results go into `folder`."""

    task: str
    folder: str
    source: dict[str, Any]  # predictions, labels, window_s, ends, now, columns
    told: dict[str, Any]  # protected, references, favourable
    spec: dict[str, Any] | None = None
    baseline: str | None = None  # file with the baseline's profile
    baseline_version: str = ""
    checks: dict[str, Any] | None = None
    reference: str | None = None  # log, or stored profile, of the reference period; for files that nobody registered
    personal: tuple[str, ...] = ()
    key: str = ""  # of the keyed hash: its id, a colon, hex
    limit: int = 10_000
    engine: str = "local"  # a name of ENGINES
    threads: int = 0  # 0: what suits the engine
    scope: dict[str, Any] | None = None  # which decisions are counted and listed
    candidate: dict[str, Any] | None = None  # predictions of one to be judged, its version, since and until, the rules
    draws: bool = False  # pictures into the folder `plots`
    memory: int = MEMORY
    tells: bool = False  # write lines “rows, rows in all” to standard output while reading


def main() -> int:
    """Return 0 when the job is done; 1 with one line on standard error where the log is at fault."""
    line = sys.stdin.readline()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    job = Job(**json.loads(line))
    if job.engine == "local":  # a cluster has limits of its own, and a Java machine reserves more than it uses
        _bound_memory(job.memory)
        sys.meta_path.insert(0, _WithoutPandas())
    from bot import tasks  # noqa: PLC0415  (numpy and pyarrow are loaded here only, after the bounds are set)

    try:
        result = tasks.TASKS[job.task](job)
    except tasks.EXPECTED as error:
        sys.stderr.write(tasks.sentence(error) + "\n")
        return 1
    (Path(job.folder) / "result.json").write_text(json.dumps(result))
    return 0


class _WithoutPandas:
    """Says that pandas is not installed: no job needs it, and where it is there pyarrow loads it, for half a second."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Return nothing, so that others look for the module; raise ModuleNotFoundError for pandas."""
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def _end_with_parent() -> None:
    """Wait for the end of standard input, which comes when the parent dies, and go too."""
    sys.stdin.read()
    os._exit(3)


def _bound_memory(most: int) -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") if _has_proc() else 0
    resource.setrlimit(resource.RLIMIT_AS, (used + most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _has_proc() -> bool:
    return Path("/proc/self/statm").exists()


if __name__ == "__main__":
    sys.exit(main())
