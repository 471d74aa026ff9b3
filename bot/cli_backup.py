"""`ethixbot backup` and `ethixbot restore`: the whole database, to a file and back."""

from pathlib import Path
from typing import Annotated

import typer


def backup(file: Annotated[Path, typer.Argument(help="A new file; its signed manifest is put beside it.")]) -> None:
    """Copy the database to a file, beside a running bot; evidence, audit segments and keys are not in it."""
    from bot import backing

    made = backing.backup(file)
    rows = sum(made.rows.values())
    typer.secho(f"{file}: {rows} rows, schema {made.schema}, audit head {made.seq} {made.hash}", fg="green")
    typer.echo("Not in it: the folders evidence, audit and keys of ETHIXBOT_DATA. Copy them too; keys are secret.")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup; its manifest lies beside it.")],
    by: Annotated[
        str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy names an admin.")
    ],
    anchors: Annotated[Path | None, typer.Option(help="Newer checkpoints: a file of them, or a bundle.")] = None,
    key: Annotated[Path | None, typer.Option(help="The public key, PEM; else the one of the data folder.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put the database that is there aside.")] = False,
) -> None:
    """Put a backup in the database's place; what may have been sent since is looked for before it is sent."""
    from bot import backing
    from bot.backing import Wanted

    done = backing.restore(Wanted(file, by, anchors, key, replace))
    typer.secho(f"restored as of {done.manifest.at}; the audit log holds up to row {done.manifest.seq}", fg="green")
    if done.kept:
        typer.echo(f"What was there before is kept: {done.kept}")
    typer.echo(f"{done.looked_for} messages are looked for in Slack before they are sent.")
    for one in done.unknown:
        typer.secho(
            f"#{one.channel} {one.ts}: {one.key} was posted after this backup, which does not know it.", fg="yellow"
        )
    if done.unseen:
        typer.secho(f"What was posted after this backup could not be looked for: {done.unseen}", fg="yellow")
    if done.lost:
        first, last, at = done.lost
        typer.secho(f"Rows {first} to {last} of the audit log happened after this backup, until {at}: lost.", fg="red")
    elif anchors is None:
        typer.echo("With --anchors it says which rows of the audit log happened after this backup.")
