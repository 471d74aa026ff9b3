"""MLflow's model registry by its REST API (2.0, the same from MLflow 2.3 on): versions, aliases, tags of versions.

https://mlflow.org/docs/latest/api_reference/rest-api.html. The checksums of a version are its tags
`artefact_sha256`, `training_data` and `training_data_sha256`, for MLflow itself keeps none.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from bot import checksums
from bot.checksums import Beat, Unreadable, nothing
from bot.integrations import http
from bot.integrations.errors import Permanent, Uncertain
from bot.integrations.registry import artifacts
from bot.integrations.registry.artifacts import Artifacts
from bot.integrations.registry.port import Found

API = "/api/2.0/mlflow"
PAGE = 200
PARTS = ("artefact", "artefact_sha256", "training_data", "training_data_sha256")


class MLflow:
    """One MLflow server; every call may be made again."""

    def __init__(self, url: str, name: str | None = None, login: SecretStr | None = None) -> None:
        self.url, self.name, self.login = url.rstrip("/"), name, login

    def versions(self, model: str) -> list[Found]:
        """Return every version of the model, oldest first; a server that says nothing of it has none."""
        name = self._name(model)
        sign = '"' if "'" in name else "'"
        asked: dict[str, Any] = {"filter": f"name={sign}{name}{sign}", "max_results": PAGE}
        found: list[Found] = []
        while True:
            told = self._call("GET", "/model-versions/search", asked)
            found += [_found(one) for one in told.get("model_versions", [])]
            if not told.get("next_page_token"):
                return sorted(found, key=lambda one: _number(one.version))
            asked["page_token"] = told["next_page_token"]

    def aliases(self, model: str) -> dict[str, str]:
        """Return what each alias stands for."""
        told = self._call("GET", "/registered-models/get", {"name": self._name(model)})
        found = told.get("registered_model", {}).get("aliases", [])
        return {str(one["alias"]): str(one["version"]) for one in found}

    def point(self, model: str, alias: str, version: str | None) -> None:
        """Let the alias stand for the version, or for nothing."""
        asked = {"name": self._name(model), "alias": alias}
        if version is None:
            self._call("DELETE", "/registered-models/alias", asked)
        else:
            self._call("POST", "/registered-models/alias", {**asked, "version": version})

    def tag(self, model: str, version: str, name: str, value: str | None) -> None:
        """Set a tag of the version, or take it away."""
        asked = {"name": self._name(model), "version": version, "key": name}
        if value is None:
            self._call("DELETE", "/model-versions/delete-tag", asked)
        else:
            self._call("POST", "/model-versions/set-tag", {**asked, "value": value})

    def checksum(self, place: str, beat: Beat = nothing) -> str | None:
        """Return the checksum of what lies there, read through MLflow where it keeps it; raise Unreadable, TryLater."""
        if not artifacts.is_inside(place):
            return checksums.of(place, beat)
        try:
            where = artifacts.found(place, lambda path, asked: self._call("GET", path, asked))
            if artifacts.is_inside(where):
                return Artifacts(self.url, self.login).checksum(where, beat)
        except (Permanent, Uncertain) as error:
            raise Unreadable(error.says) from None
        except (KeyError, TypeError):
            raise Unreadable("MLflow does not say where it lies") from None
        checksum = checksums.of(where, beat)
        if checksum is None and checksums.local(where) is not None:
            raise Unreadable(f"it lies at the MLflow server, in {where}, and nothing of that name is here")
        return checksum

    def _name(self, model: str) -> str:
        return self.name or model

    def _call(self, method: str, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer; raise SendError."""
        sent: dict[str, Any] = {"params": asked} if method == "GET" else {"json": asked}
        answer = http.call("MLflow", method, f"{self.url}{API}{path}", headers=artifacts.headers(self.login), **sent)
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise Permanent("what answers at the registry's address is no MLflow")
        return told


def _found(told: Mapping[str, Any]) -> Found:
    tags = {str(one["key"]): str(one["value"]) for one in told.get("tags", [])}
    details = {name: told[name] for name in ("run_id", "description", "creation_timestamp") if told.get(name)}
    parts = {name: tags.get(name) for name in PARTS}
    parts["artefact"] = parts["artefact"] or told.get("source") or None
    return Found(str(told["version"]), **parts, details={**details, "tags": tags})


def _number(version: str) -> tuple[int, str]:
    """Return what orders versions, which MLflow numbers from 1."""
    return (int(version) if version.isdecimal() else 0, version)
