"""Which registry a model's versions are in: a row a kind."""

from collections.abc import Callable

from analysis.policy import Watched
from bot.integrations.registry.builtin import Builtin
from bot.integrations.registry.mlflow import MLflow
from bot.integrations.registry.port import Registry
from bot.services import Services


def _builtin(services: Services, watched: Watched) -> Registry:
    return Builtin(services)


def _mlflow(services: Services, watched: Watched) -> Registry:
    told = watched.registry
    return MLflow(str(told.url), told.name, services.mlflow_login)


KINDS: dict[str, Callable[[Services, Watched], Registry]] = {"builtin": _builtin, "mlflow": _mlflow}


def of(services: Services, watched: Watched) -> Registry:
    """Return the registry of the model."""
    return KINDS[watched.registry.kind](services, watched)


def is_elsewhere(watched: Watched) -> bool:
    """Return whether the registry is another system, which has to be told what our tables say."""
    return watched.registry.kind != "builtin"
