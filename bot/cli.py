"""The command line; heavy parts are imported by the command that needs them."""

import gc
import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from analysis.errors import BadInput
from bot import (
    cli_acting,
    cli_analysis,
    cli_audit,
    cli_backup,
    cli_baseline,
    cli_erase,
    cli_evidence,
    cli_oncall,
    cli_outbox,
    cli_policy,
    cli_proxies,
    cli_quiet,
    cli_registry,
    cli_reviews,
)

cli = typer.Typer(
    name="ethixbot",
    help="Watches deployed AI models, raises one alert a cause in Slack, and keeps proof of what was done.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (cli_analysis.analyze, cli_analysis.profile, cli_analysis.merge, cli_proxies.proxies):
    cli.command()(command)
cli.command()(cli_backup.backup)
cli.command()(cli_backup.restore)
cli.command()(cli_oncall.oncall)
cli.add_typer(cli_baseline.baseline_cli, name="baseline")
cli.add_typer(cli_audit.audit_cli, name="audit")
cli.add_typer(cli_evidence.evidence_cli, name="evidence")
cli.add_typer(cli_erase.erase_cli, name="erase")
cli.add_typer(cli_outbox.outbox_cli, name="outbox")
cli.add_typer(cli_policy.policy_cli, name="policy")
cli.command()(cli_acting.incident)
cli.add_typer(cli_acting.approvals_cli, name="approvals")
cli.add_typer(cli_quiet.quiet_cli, name="quiet")
cli.add_typer(cli_registry.registry_cli, name="registry")
cli.add_typer(cli_reviews.reviews_cli, name="reviews")
cli.add_typer(cli_acting.token_cli, name="token")


def main() -> None:
    """Run the command; a mistake that a person can mend is one line, not a trace."""
    try:
        cli()
    except BadInput as error:
        typer.secho(f"ethixbot: {error}", err=True, fg="red")
        sys.exit(2)


class Stopped(threading.Event):
    """An event whose waiter looks up now and then.

    A signal that the system gives to another thread wakes nobody: it is seen when the main thread does something again.
    """

    def wait(self, timeout: float | None = None) -> bool:
        """Return whether it is set; without a timeout, when it is."""
        while not super().wait(0.5 if timeout is None else timeout):
            if timeout is not None:
                return False
        return True


def until_stopped() -> threading.Event:
    """Return an event that Ctrl-C or a polite kill sets."""
    stopped = Stopped()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped


@cli.command()
def run() -> None:
    """Run the bot against the Slack workspace that the environment names."""
    gc.disable()  # what is loaded and built stays to the end: it is never looked through for garbage
    from bot import app, logs, settings

    logs.configure()
    where = settings.load()
    lacking = where.lacking()
    if lacking:
        raise BadInput("environment", "set " + "; ".join(lacking) + ".")
    stopped = until_stopped()
    with app.only_process(where):
        bot = app.build(where)
        gc.freeze()
        gc.enable()
        try:
            bot.start()
            stopped.wait()
        finally:
            bot.stop()


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the local workspace's page.", min=0, max=65535)] = 8410,
    window: Annotated[str, typer.Option(help="Only this window of the data: a to i.")] = "",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page.")] = False,
    data: Annotated[Path | None, typer.Option(help="Folder of windows, laid out like the one that ships.")] = None,
) -> None:
    """Try everything without a Slack account: a local workspace, the bot, and real data of a real model."""
    from bot import logs
    from bot.demo import demo as play

    logs.configure(quiet=True)
    play.play(play.Wanted(port=port, window=window, opens_browser=not no_browser, data=data), until_stopped())


@cli.command()
def manifest(
    request_url: Annotated[str | None, typer.Option(help="For HTTP delivery: https://…/slack/events.")] = None,
) -> None:
    """Print the Slack app manifest, made from what the bot listens to."""
    from bot.slack import manifest as made

    typer.echo(json.dumps(made.manifest(request_url), indent=2))


@cli.command()
def doctor() -> None:
    """Say what works and what does not; the exit code is 1 where something does not."""
    from bot import doctor as checks

    results = checks.examine()
    for result in results:
        mark, colour = checks.MARKS[result.is_well]
        typer.secho(f"{mark} {result.name}: {result.says}", fg=colour)
    raise typer.Exit(1 if any(result.is_well is False for result in results) else 0)


if __name__ == "__main__":
    main()
