"""How a model's versions are made, kept, judged and brought into service: parts of the policy."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from analysis.parts import Part, Span
from analysis.vocabulary import Family, Severity


class Retrain(Part):
    """The pipeline: one of a command, a GitHub workflow, a webhook; started once and followed to its end."""

    command: tuple[str, ...] = ()  # its own process group on this machine
    github: str | None = Field(
        default=None, pattern=r"^[\w.-]+/[\w.-]+/[\w.-]+\.ya?ml(@\S+)?$"
    )  # owner/repo/file.yml@ref
    github_api: str = Field(
        default="https://api.github.com", pattern=r"^https?://\S+$"
    )  # Enterprise: https://HOST/api/v3
    webhook: str | None = Field(default=None, pattern=r"^https?://\S+$")  # signed; calls back with how it goes
    timeout: Span = timedelta(hours=6)
    memory_mb: int | None = Field(default=None, ge=64)  # of a command
    validation: str | None = (
        None  # log of the window that candidates are judged on; none: the model's own, as last checked
    )

    @model_validator(mode="after")
    def is_one_kind(self) -> "Retrain":
        """Return the pipeline; raise ValueError where it is none of the three, or several."""
        if sum(bool(one) for one in (self.command, self.github, self.webhook)) != 1:
            raise ValueError("retrain: give one of command, github or webhook")
        return self

    @property
    def kind(self) -> str:
        """Return which of the three it is."""
        return "command" if self.command else "github" if self.github else "webhook"


class Validation(Part):
    """What a candidate must not do worse than, to pass."""

    worst: Severity | None = None  # an alert of its own at or above this severity fails it; none: any alert does
    ignore: tuple[Family, ...] = ()  # families that are shown and not judged
    accuracy_drop: float = Field(default=0.02, ge=0, le=1)  # below the champion, on the same rows


class Registered(Part):
    """Where the versions of a model are kept."""

    kind: Literal["builtin", "mlflow"] = "builtin"
    url: str | None = Field(default=None, pattern=r"^https?://\S+$")  # of MLflow; the environment says who we are
    name: str | None = None  # of the model there; none: its id here
    verify: Annotated[Span, Field(ge=timedelta(hours=1), le=timedelta(days=30))] = timedelta(
        hours=6
    )  # how often checksums are compared and aliases looked at

    @model_validator(mode="after")
    def is_reachable(self) -> "Registered":
        """Return it; raise ValueError where MLflow has no address."""
        if self.kind == "mlflow" and self.url is None:
            raise ValueError("registry: mlflow needs its url")
        return self


class Rollback(Part):
    """How a model goes back to its last known good version."""

    command: tuple[str, ...] = ()  # the deployment pipeline, told ETHIXBOT_VERSION; none: alias and gate are enough
    health: str | None = Field(default=None, pattern=r"^https?://\S+$")  # answers 200 when the service is well
    test: tuple[str, ...] = ()  # a test set run against the service; exit code 0 is well
    timeout: Span = timedelta(minutes=15)
    watch: Annotated[Span, Field(ge=timedelta(minutes=5))] = timedelta(hours=1)
    watch_every: Annotated[Span, Field(ge=timedelta(minutes=1))] = timedelta(minutes=10)  # checks meanwhile


class Logged(Part):
    """One log that evidence takes a copy of: files by their newest change, or what a command prints."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")
    kind: Literal["application", "access", "ci"] = "application"
    path: str | None = None  # a file or a glob
    command: tuple[str, ...] = ()

    @model_validator(mode="after")
    def is_one_kind(self) -> "Logged":
        """Return it; raise ValueError where it is neither of files nor of a command, or of both."""
        if bool(self.path) == bool(self.command):
            raise ValueError(f"log {self.name}: give a path or a command")
        return self
