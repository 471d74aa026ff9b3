"""`ethixbot baseline …`: what windows are compared with; stored, versioned, one active a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import cli_analysis

if TYPE_CHECKING:
    from bot.baselining import Line
    from bot.operations.baselines import Wish

baseline_cli = typer.Typer(help="Baselines: what a model's windows are compared with.", no_args_is_help=True)
Model = Annotated[str, typer.Argument(help="The model's id in the policy.")]
By = Annotated[str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy gives a role.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]


@baseline_cli.command()
def create(
    model: Model,
    by: By,
    log: Annotated[str | None, typer.Option(help="The log, or a stored .profile; else the policy's.")] = None,
    reason: Reason = "",
    activate: Annotated[bool, typer.Option("--activate", help="Activate it too: a model's first one.")] = False,
) -> None:
    """Count a log into a new version; it is compared with once somebody activates it."""
    from bot import baselining

    wish = _wish(model, by, reason)
    with cli_analysis.busy("Counting") as seen:
        made = baselining.create(wish, log, seen)
    typer.echo(f"{made.version}: {made.rows:,} rows, {made.checksum[:12]}, not active")
    if activate:
        _activate(model, by, reason, made.version)


@baseline_cli.command()
def reset(
    model: Model,
    by: By,
    reason: Annotated[str, typer.Option(help="Why; needed.")],
    cause: Annotated[
        str, typer.Option(help="concept_drift, refresh, or data_source, which only the CTO decides.")
    ] = "concept_drift",
) -> None:
    """Count the last seven days of the model's log into a new version, for a second person to activate."""
    from bot import baselining

    with cli_analysis.busy("Counting"):
        told = baselining.reset(model, by, reason, cause)
    made = told.get("made")
    if made is None:
        typer.echo(told["says"])
        raise typer.Exit(0 if told["kind"] == "done" else 1)
    typer.echo(f"{made.version}: {made.rows:,} rows, {made.checksum[:12]}, not active")
    typer.echo(f"A second person makes it count: ethixbot baseline activate {model} {made.version} --by …")


@baseline_cli.command()
def activate(model: Model, version: str, by: By, reason: Reason = "") -> None:
    """Compare windows with this version from now on; by somebody else than who made it."""
    _activate(model, by, reason, version)


@baseline_cli.command(name="list")
def all_of(model: Model) -> None:
    """List the stored versions, oldest first."""
    from bot import baselining

    found = baselining.stored(model)
    Console().print(_table(found) if found else Text(f"{model} has no baseline yet."))


@baseline_cli.command()
def diff(
    model: Model,
    before: Annotated[str, typer.Argument(help="The version that is the reference.")],
    after: Annotated[str, typer.Argument(help="The version that is judged.")],
    json: Annotated[str | None, typer.Option(help="Write the report as JSON; - for standard output.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
) -> None:
    """Compare two stored versions. Exit code: 0 nothing raised, 1 something raised, 2 bad input."""
    from bot import baselining

    report = baselining.differing(model, before, after)
    cli_analysis.tell(report, json, html)
    raise typer.Exit(1 if report["alerts"] else 0)


def _table(found: "list[Line]") -> Table:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for name in ("version", "made", "by", "rows", "from", "to", "checksum", ""):
        table.add_column(name, no_wrap=name != "by", overflow="fold")
    for one in found:
        since, until = (f"{at:%Y-%m-%d}" if at else "–" for at in (one.since, one.until))
        named = (one.version, f"{one.made_at:%H:%M} UTC", one.by)  # the day is in the version
        counted = (f"{one.rows:,}", since, until, one.checksum[:12], "active" if one.is_active else "")
        table.add_row(*map(Text, (*named, *counted)))
    return table


def _activate(model: str, by: str, reason: str, version: str) -> None:
    from bot import baselining

    done = baselining.activate(_wish(model, by, reason), version)
    was = f"; it was {done.before}" if done.before and done.is_new else ""
    typer.echo(f"{version} is {'now' if done.is_new else 'already'} the baseline of {model}{was}")


def _wish(model: str, by: str, reason: str) -> "Wish":
    from bot import baselining

    return baselining.wish(model, by, reason)
