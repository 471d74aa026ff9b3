"""`ethixbot proxies`: which inputs tell of a protected attribute, on a log that nobody registered."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli_analysis import Columns, Protected, busy, names, put


def proxies(
    log: Annotated[str, typer.Argument(help="A file, folder or glob.")],
    protected: Protected = "",
    columns: Columns = None,
    json: Annotated[str | None, typer.Option(help="Write the screen as JSON; - for standard output.")] = None,
) -> None:
    """Say which inputs tell much of a protected attribute, so that a model may use them in its place."""
    from bot import analyses

    wanted = analyses.Wanted(log, None, None, names(protected), None, (), columns)
    with busy("Reading") as seen:
        report = analyses.screened(wanted, seen)
    if json == "-":
        sys.stdout.write(analyses.as_json(report))
        return
    if json is not None:
        put(Path(json), analyses.as_json(report))
    _show(report, Console())


def _show(report: dict[str, Any], console: Console) -> None:
    console.print(Text(report["sentence"], "bold"))
    table = Table("of", "input", "Cramér's V", "q", "weight", "rows", expand=True)
    for row in report["proxies"]:
        style = "yellow" if row["verdict"] == "notice" else ""
        v, q = ("–" if row[key] is None else f"{row[key]:.2g}" for key in ("v", "q"))
        weight = "–" if row["weight"] is None else f"{row['weight']:.0%}"
        table.add_row(row["attribute"], row["feature"], v, q, weight, f"{row['n']:,}", style=style)
    console.print(table)
