"""`ethixbot reviews …`: what models left to people, the longest waiting first, and a decision of one."""

from typing import Annotated

import typer

from analysis.errors import BadInput

reviews_cli = typer.Typer(help="What models left to people to decide.", no_args_is_help=True)


@reviews_cli.command(name="list")
def listed(
    model: Annotated[str | None, typer.Argument(help="The model's id in the policy; none: every model.")] = None,
    state: Annotated[str, typer.Option(help="waiting, decided or all.")] = "waiting",
    most: Annotated[int, typer.Option(help="So many at most.", min=1, max=1_000)] = 20,
) -> None:
    """List requests: number, model, what the model proposes, since when; what must not count is not shown."""
    from bot import offline
    from bot import settings as environment
    from storage import cases
    from templates import cases as worded

    if state not in cases.STATES:
        raise BadInput("--state", f"is {', '.join(cases.STATES)}, not “{state}”.")
    policy = offline.policy(environment.load())
    if model is not None and policy.model(model) is None:
        raise BadInput("reviews", f"the policy has no model “{model}”.")
    with offline.reading("reviews") as database, database.read() as session:
        found = cases.listed(session, model, state, most)
    for item in found:
        watched = policy.model(item.model_id)
        typer.echo(worded.plain(item, watched.not_shown if watched else ()))
    if not found:
        typer.echo("Nothing waits for people." if state == "waiting" else "There is nothing of that kind.")


@reviews_cli.command()
def decide(
    case: Annotated[int, typer.Argument(help="Its number, as `reviews list` shows it.", min=1, max=2**31 - 1)],
    decision: Annotated[str, typer.Argument(help="approved, declined …: what the policy names, or any word.")],
    by: Annotated[str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy gives a role.")],
    note: Annotated[str, typer.Option(help="Why; needed where it is not what the model proposes.")] = "",
) -> None:
    """Decide a request that waits. Exit code: 0 decided, 1 nothing was changed."""
    from bot import offline

    told = offline.ask_or_do("reviews", {"case": case, "decision": decision, "by": by, "note": note})
    typer.echo(told["says"])
    raise typer.Exit(0 if told["kind"] == "done" else 1)
