"""Opens the one Spark session of a process; the only place that imports pyspark (the `[spark]` extra).

Which cluster is Spark's own setting (`spark-defaults.conf`, `SPARK_CONF_DIR`); without one it is this machine.
"""

import atexit
import os
import shutil
import sys
from functools import cache
from typing import Any

from analysis.errors import NoEngine

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
        made = (builder.master(f"local[{threads}]") if threads else builder).getOrCreate()
    except (PySparkException, RuntimeError, OSError) as wrong:
        raise NoEngine(engine="spark", detail=str(wrong).splitlines()[0][:300]) from None
    atexit.register(made.stop)
    return made
