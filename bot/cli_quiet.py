"""`ethixbot quiet …`: what is silenced, from a shell; in the words of `/ethix silence`."""

from typing import Annotated, Any

import typer

quiet_cli = typer.Typer(help="What is not told for a while: silences and maintenance windows.", no_args_is_help=True)
By = Annotated[str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy gives a role.")]
Words = Annotated[list[str], typer.Argument(help="model=… family=… metric=… column=… group=…, for 4h, then why.")]


@quiet_cli.command(name="list")
def listed() -> None:
    """List what is quiet now: over what, until when, by whom, why, and how much it holds back."""
    from datetime import UTC, datetime

    from bot import offline
    from storage import quiet
    from templates.slack import quiet as shown
    from templates.slack.mrkdwn import plainly

    with offline.reading("quiet") as database, database.read() as session:
        found = quiet.views(session, datetime.now(UTC))
    for view in found:
        typer.echo(plainly(shown.line(view)))
    if not found:
        typer.echo("Nothing is silenced now.")


@quiet_cli.command()
def silence(words: Words, by: By) -> None:
    """Hold back alerts that fit, until a time: `family=data column=age for 4h the feed moves`."""
    _ask(verb="silence", words=words, by=by)


@quiet_cli.command()
def maintenance(words: Words, by: By) -> None:
    """Hold back a model's alerts while it is worked on: `model=income-prequal for 2h the feed moves`."""
    _ask(verb="maintenance", words=words, by=by)


@quiet_cli.command()
def end(
    quiet: Annotated[str, typer.Argument(help="QUI-7.")],
    by: By,
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log.")] = "",
) -> None:
    """End it early; what it held back and still stands is told."""
    _ask(verb="end", quiet=quiet, by=by, reason=reason)


def _ask(**asked: Any) -> None:  # noqa: ANN401
    from bot import offline

    typer.echo(offline.ask_or_do("quiet", asked)["says"])
