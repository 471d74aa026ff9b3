"""Opens the one Spark session of a process; the only place that imports pyspark (the `[spark]` extra).

Which cluster is Spark's own setting (`spark-defaults.conf`, `SPARK_CONF_DIR`); without one it is this machine.
"""

import atexit
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from analysis.errors import NoEngine

ATTEMPTS = 4  # a cluster tries a lost piece so often; this machine as a cluster only where it is told
QUIET: dict[str, bool | float | int | str | None] = {
    "spark.app.name": "ethixbot",
    "spark.ui.enabled": False,
    "spark.ui.showConsoleProgress": False,
    "spark.log.level": "OFF",  # what a person must know comes back with the result
}


@cache
def session(threads: int = 0) -> Any:  # noqa: ANN401  (pyspark is an extra)
    """Return the session; raise NoEngine with what is to be installed. It is stopped when the process ends."""
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError:
        raise NoEngine(
            engine="spark", detail="pyspark is not installed: pip install 'ethixai-incidents[spark]'"
        ) from None
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise NoEngine(engine="spark", detail="Java 17 or later is not installed, or JAVA_HOME does not say where")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else its workers run the system's Python
    builder = SparkSession.builder.config(map=QUIET)
    try:
        made = (builder.master(f"local[{threads},{ATTEMPTS}]") if threads else builder).getOrCreate()
    except (PySparkException, RuntimeError, OSError) as wrong:
        raise NoEngine(engine="spark", detail=_said(wrong)) from None
    atexit.register(made.stop)
    return made


@contextmanager
def failures() -> Iterator[None]:
    """Let what Spark gives up on be one line; what our own code refuses comes back as a result, not as a failure."""
    from py4j.protocol import Py4JError  # noqa: PLC0415
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except (Py4JError, PySparkException) as wrong:
        raise NoEngine(engine="spark", detail=_said(wrong)) from None


def _said(wrong: Exception) -> str:
    """Return the line that says what happened: the first that names an exception of Java, else the first."""
    lines = str(wrong).splitlines() or [type(wrong).__name__]
    return next((line for line in lines if "Exception: " in line), lines[0]).lstrip(": ")[:300]
