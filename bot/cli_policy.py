"""`ethixbot policy …`: the file is checked here; what is in force is proposed and approved, not edited."""

import json
from pathlib import Path
from typing import Annotated

import typer

from analysis.errors import BadInput

policy_cli = typer.Typer(help="The policy: check a file, propose it, see what is in force.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="The policy file.")]
By = Annotated[str, typer.Option(help="Who you are: the Slack id or e-mail address that the policy gives a role.")]


@policy_cli.command()
def check(path: Annotated[Path, typer.Argument(help="The file to check.")]) -> None:
    """Check a policy file; a mistake is named with its line."""
    from storage import policies

    policy, _ = policies.read(path)
    typer.secho(f"{path}: holds; {len(policy.models)} models", fg="green")


@policy_cli.command()
def schema() -> None:
    """Print the policy's JSON schema, for editors."""
    from analysis.policy import Policy

    typer.echo(json.dumps(Policy.model_json_schema(), indent=2))


@policy_cli.command()
def default() -> None:
    """Print the policy that ships, to start one's own from."""
    import templates

    typer.echo((Path(templates.__file__).parent / "policy.yaml").read_text(), nl=False)


@policy_cli.command()
def show() -> None:
    """Print the policy in force."""
    typer.echo(_in_force(), nl=False)


@policy_cli.command()
def diff(path: File) -> None:
    """Say what a file would change. Exit code: 0 nothing, 1 something."""
    from bot.operations import governing
    from storage import policies
    from templates import approvals
    from templates.slack.mrkdwn import plainly

    _, text = policies.read(path)
    found = governing.changed(_in_force(), text)
    for line in approvals.changes(found, len(found)):
        typer.echo(plainly(line).removeprefix("• "))
    raise typer.Exit(1 if found else 0)


@policy_cli.command()
def propose(path: File, by: By, reason: Annotated[str, typer.Option(help="Why; those who approve read it.")]) -> None:
    """Propose a file as the next version; it holds once an ML Lead, Compliance and the CTO have approved it."""
    from bot import offline
    from storage import policies

    _, text = policies.read(path)
    done = offline.ask_or_do("policy", {"by": by, "text": text, "reason": reason})
    typer.echo(done["says"])


@policy_cli.command()
def init(path: File, by: By) -> None:
    """Put the first version in force, before the bot has ever run; by an Admin whom the file names."""
    from bot import offline

    version = offline.first_policy(path, by)
    typer.echo(f"Version {version} of the policy is in force.")


def _in_force() -> str:
    from bot import offline
    from storage import policies

    with offline.reading("policy") as database, database.read() as session:
        version = policies.in_force(session)
    if version is None:
        raise BadInput(
            "policy", "none is in force yet.", "`ethixbot policy init` or the first start of the bot does it."
        )
    return version.text
