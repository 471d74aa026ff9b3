"""Pages that need nothing else: what an analysis of files found, alerts in words, then every finding."""

from importlib import resources
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

ORDER = {"alarm": 0, "notice": 1, "insufficient_data": 2, "not_computable": 3, "ok": 4}


def analysis(report: dict[str, Any]) -> str:
    """Return the report as one HTML page that needs nothing else; all of it is escaped."""
    text = (resources.files(__package__) / "analysis.html.j2").read_text(encoding="utf-8")
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    rows = sorted(report["results"], key=lambda row: ORDER[row["verdict"]])
    return environment.from_string(text).render(report=report, rows=rows)
