"""`ethixbot analyze`, `profile`, `merge`: the analysis on files, without a bot."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from analysis.errors import BadInput

if TYPE_CHECKING:
    from bot.working import Seen


class Engine(StrEnum):
    """Where a log is counted; the numbers are the same."""

    LOCAL = "local"
    SPARK = "spark"


Protected = Annotated[str, typer.Option(help="Protected attributes, comma-separated.")]
Columns = Annotated[Path | None, typer.Option(help="YAML of role: column, where names depart from the usual ones.")]
Favourable = Annotated[str | None, typer.Option(help="The favourable decision; found where not said.")]
On = Annotated[Engine, typer.Option(help="Who counts: this machine, or Spark (the extra [spark], and Java).")]
Threads = Annotated[int, typer.Option(help="On so many threads; 0 is what suits the engine.", min=0, max=256)]
STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
VERDICTS = {"alarm": "red", "notice": ""}  # that are worth a line
WITHIN_LIMIT = "certain_not_material"  # a notice that matters to whoever reads all of them


def analyze(
    baseline: Annotated[str, typer.Option(help="Reference: a log as --window, or a stored .profile.")],
    window: Annotated[str, typer.Option(help="The log to judge: a file, folder, glob, s3://…, or database#table.")],
    protected: Protected = "",
    favourable: Favourable = None,
    reference_group: Annotated[list[str] | None, typer.Option(help="attribute=group; may be repeated.")] = None,
    late_labels: Annotated[str | None, typer.Option(help="Outcomes that came later, joined by request id.")] = None,
    columns: Columns = None,
    engine: On = Engine.LOCAL,
    threads: Threads = 0,
    json: Annotated[str | None, typer.Option(help="Write the report as JSON; - for standard output.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Folder for pictures: alerts, drifted columns, groups.")] = None,
) -> None:
    """Compare a log with a reference. Exit code: 0 nothing raised, 1 something raised, 2 bad input."""
    from bot import analyses

    pairs = tuple(reference_group or ())
    wanted = analyses.Wanted(
        window, baseline, late_labels, names(protected), favourable, pairs, columns, engine.value, threads, plots
    )
    with busy("Reading and comparing") as seen:
        report = analyses.compared(wanted, seen)
    tell(report, json, html)
    raise typer.Exit(1 if report["alerts"] else 0)


def profile(
    log: Annotated[str, typer.Argument(help="A file, folder, glob, s3://…, or database#table.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the profile goes, as NAME.profile.")],
    protected: Protected = "",
    favourable: Favourable = None,
    columns: Columns = None,
    engine: On = Engine.LOCAL,
    threads: Threads = 0,
) -> None:
    """Count a log into a small file that can be merged, kept, and compared with."""
    from bot import analyses

    wanted = analyses.Wanted(log, log, None, names(protected), favourable, (), columns, engine.value, threads)
    with busy("Counting") as seen:
        rows = analyses.profiled(wanted, output, seen)
    typer.echo(f"{output}: {rows:,} rows")


def merge(
    parts: Annotated[list[Path], typer.Argument(help="Profiles of the same columns.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the whole goes.")],
) -> None:
    """Put profiles together; the same bytes as counting all of it at once."""
    from bot import analyses

    typer.echo(f"{output}: {analyses.merged(parts, output):,} rows")


def tell(report: dict[str, Any], json: str | None, html: Path | None) -> None:
    """Write the report where it was asked for, and print it unless its JSON is printed."""
    from bot import analyses

    if html is not None:
        _page(report, html)
    if json == "-":
        sys.stdout.write(analyses.as_json(report))
        return
    if json is not None:
        put(Path(json), analyses.as_json(report))
    show(report, Console())


def show(report: dict[str, Any], console: Console) -> None:
    """Print the alerts in words, then what else is worth a line, then how much was judged."""
    console.print(Text(report["sentence"], "bold"))
    for alert in report["alerts"]:
        console.print(Text(f"\n{alert['severity'].upper()}  {alert['title']}", STYLES[alert["severity"]]))
        console.print(Text(alert["sentence"]))
    rows = [row for row in report["results"] if row["verdict"] in VERDICTS and row["reason"] != WITHIN_LIMIT]
    if rows:
        console.print(_table(sorted(rows, key=lambda row: list(VERDICTS).index(row["verdict"]))))
    verdicts = [row["verdict"] for row in report["results"]]
    counts = {name: verdicts.count(name) for name in dict.fromkeys(verdicts)}
    told = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())
    console.print(Text(f"\n{len(verdicts)} findings: {told}. All of them: --json or --html.", "dim"))


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("verdict", "finding", title="Worth a look", title_justify="left", expand=True, show_lines=True)
    for row in rows:
        what = Text(" ".join(filter(None, [row["metric"], row["column"], row["group"]])), "bold")
        table.add_row(Text(row["verdict"], VERDICTS[row["verdict"]]), what.append(f"\n{row['sentence']}", "not bold"))
    return table


def _page(report: dict[str, Any], path: Path) -> None:
    from templates import pages

    put(path, pages.analysis(report))


def put(path: Path, text: str) -> None:
    """Write a text; raise BadInput where that cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(str(path), f"cannot be written ({error.strerror}).") from None


def names(text: str) -> tuple[str, ...]:
    """Return the names of a comma-separated list."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


@contextmanager
def busy(what: str) -> "Iterator[Seen | None]":
    """Give what draws the progress of a reading on a terminal; None, and nothing is drawn, where there is none."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    rows = TextColumn("{task.completed:,.0f} rows")
    with Progress(TextColumn(what), BarColumn(), rows, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
