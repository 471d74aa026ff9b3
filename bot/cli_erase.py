"""`ethixbot erase …`: what says who a person was, when they have left; whom a decided request was about."""

from typing import Annotated

import typer

erase_cli = typer.Typer(help="Erase personal data.", no_args_is_help=True)


@erase_cli.callback()
def _group() -> None:
    """Erase personal data."""


@erase_cli.command()
def person(
    slack_id: Annotated[str, typer.Argument(help="The Slack id, U…")],
    by: Annotated[str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy gives a role.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log for ever, so name nobody in it.")],
) -> None:
    """Erase name, handle, e-mail and time zone of somebody who has left; records keep the bare id."""
    from bot import offline

    done = offline.ask_or_do("erase", {"person": slack_id, "by": by, "reason": reason})
    typer.echo(f"{slack_id} is {'erased' if done['is_new'] else 'erased already'}")


@erase_cli.command()
def request(
    model: Annotated[str, typer.Argument(help="The model's id in the policy.")],
    name: Annotated[str, typer.Argument(metavar="REQUEST", help="As serving code names it.")],
    by: Annotated[str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy gives a role.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log for ever, so name nobody in it.")],
) -> None:
    """Erase name, attributes and note of a request that people decided; the decision stays, of nobody known."""
    from bot import offline

    done = offline.ask_or_do("erase request", {"model": model, "request": name, "by": by, "reason": reason})
    typer.echo(f"The request is erased; what was decided stays as {done['case']}")
