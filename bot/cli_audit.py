"""`ethixbot audit …`: is the log what it was, and extracts of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.errors import BadInput

if TYPE_CHECKING:
    from bot.proving import Checked

audit_cli = typer.Typer(help="The tamper-evident audit log.", no_args_is_help=True)
Filter = Annotated[str | None, typer.Option(help="Only rows with exactly this.")]


@audit_cli.command()
def verify(
    anchors: Annotated[
        str | None, typer.Option(help="Checkpoints from outside: a file of them, an evidence bundle, or slack.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The public key, PEM; else the one of the data folder.")] = None,
) -> None:
    """Check every row and every signature; the exit code is 1 where something was tampered with."""
    from bot import proving

    checked = proving.verify(anchors, key)
    for fault in checked.verdict.faults:
        typer.secho(str(fault), fg="red")
    if checked.verdict.faults:
        raise typer.Exit(1)
    for line in _said(checked):
        typer.secho(line, fg="green")


@audit_cli.command()
def export(
    by: Annotated[str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy gives a role.")],
    form: Annotated[str, typer.Option("--format", help="csv, for spreadsheets, or json: a line a row.")] = "csv",
    since: Annotated[str | None, typer.Option("--from", help="A day or a time, UTC.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="A day, which is included, or a time, UTC.")] = None,
    actor: Filter = None,
    action: Filter = None,
    entity: Filter = None,
    outcome: Filter = None,
    out: Annotated[Path | None, typer.Option(help="The file; else standard output.")] = None,
) -> None:
    """Write an extract; that it was taken, by whom and how large, is a row of the log too."""
    from bot import proving
    from storage.extracts import Wanted

    told = {"actor": actor, "action": action, "entity": entity, "outcome": outcome}
    only = {name: value for name, value in told.items() if value is not None}
    end = _moment(until, "--to")
    if end is not None and until is not None and len(until) == len("2026-11-21"):
        end += timedelta(days=1)
    count = proving.export(by, Wanted(_moment(since, "--from"), end, only), form, out)
    typer.secho(f"{count} rows" + (f" in {out}" if out else ""), fg="green", err=True)


def _moment(text: str | None, option: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(option, f"“{text}” is no time.", "Write 2026-11-21 or 2026-11-21T14:00.") from None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _said(checked: "Checked") -> list[str]:
    verdict = checked.verdict
    seq, head = verdict.head
    lines = [f"{verdict.rows} rows hold; head {seq} {head}"]
    if verdict.signed is None:
        lines.append("No checkpoint is stored yet: a cut tail, or a log made anew, would not show.")
    else:
        signed = verdict.signed
        newer = seq - signed.seq
        lines.append(f"Signed up to row {signed.seq}, {signed.at:%Y-%m-%d %H:%M} UTC; rows newer than that: {newer}.")
    if checked.outside:
        lines.append(f"Checkpoints from outside that agree: {checked.outside}, up to row {checked.reach}.")
    else:
        lines.append("With --anchors it is checked against checkpoints outside this database too.")
    return lines
