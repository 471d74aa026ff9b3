"""What lies inside MLflow, read through its own door for artifacts and hashed piece by piece.

`mlflow-artifacts:/…` is a way from the root of what it serves; `runs:/…` and `models:/…` are asked for first.
https://mlflow.org/docs/latest/self-hosting/architecture/artifact-store/ (proxied access).
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from bot import checksums
from bot.checksums import Beat, Unreadable
from bot.integrations import http
from bot.integrations.errors import NotThere

SERVED = "mlflow-artifacts"
SCHEMES = (SERVED, "runs", "models")
API = "/api/2.0/mlflow-artifacts/artifacts"
MOST_FILES = 100_000

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]  # GET of the API; raises SendError


def is_inside(place: str) -> bool:
    """Return whether that lies inside MLflow.

    >>> is_inside("mlflow-artifacts:/1/abc/artifacts/model"), is_inside("s3://bucket/model")
    (True, False)
    """
    return urlsplit(place).scheme in SCHEMES


def found(place: str, ask: Ask) -> str:
    """Return where it is stored: at last a way from the root of what MLflow serves, or another address."""
    scheme, _, path = place.partition(":/")
    first, _, rest = path.strip("/").partition("/")
    if scheme == "runs":
        return _under(ask("/runs/get", {"run_id": first})["run"]["info"]["artifact_uri"], rest)
    if scheme != "models":
        return place
    if "@" in first:
        raise Unreadable(f"{place} may stand for another version tomorrow")
    if first.startswith("m-"):
        return _under(ask(f"/logged-models/{quote(first)}", {})["model"]["info"]["artifact_uri"], rest)
    version, _, rest = rest.partition("/")
    asked = {"name": unquote(first), "version": version}
    return found(_under(ask("/model-versions/get-download-uri", asked)["artifact_uri"], rest), ask)


def _under(root: str, rest: str) -> str:
    return f"{root.rstrip('/')}/{rest}" if rest else root


class Artifacts:
    """What one MLflow server serves."""

    def __init__(self, url: str, login: SecretStr | None) -> None:
        self.url, self.login = url, login

    def checksum(self, place: str, beat: Beat) -> str | None:
        """Return the checksum of a file or a folder; None where nothing is there. Raise SendError, Unreadable."""
        address = urlsplit(place)
        if address.netloc and address.netloc != urlsplit(self.url).netloc:
            raise Unreadable(f"it lies at another MLflow, {address.hostname}")
        path = unquote(address.path).strip("/")
        names = self._files(path)
        if not names:
            return self._file(path, beat)
        sums = {name: self._file(f"{path}/{name}", beat) for name in names}
        return checksums.of_folder({name: checksum for name, checksum in sums.items() if checksum is not None})

    def _files(self, path: str) -> list[str]:
        """Return every file beneath it, by its way from there; none where it is no folder."""
        files, folders = list[str](), [""]
        while folders:
            under = folders.pop()
            for one in self._listed(f"{path}/{under}".rstrip("/")):
                name = f"{under}/{one['path']}".lstrip("/")
                (folders if one.get("is_dir") else files).append(name)
            if len(files) + len(folders) > MOST_FILES:
                raise Unreadable(f"it has more than {MOST_FILES:,} files")
        return files

    def _listed(self, path: str) -> list[dict[str, Any]]:
        answer = http.call("MLflow", "GET", f"{self.url}{API}", params={"path": path}, headers=headers(self.login))
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise Unreadable("what answers at the registry's address is no MLflow")
        return list(told.get("files", []))

    def _file(self, path: str, beat: Beat) -> str | None:
        try:
            with http.streamed("MLflow", f"{self.url}{API}/{quote(path)}", headers=headers(self.login)) as pieces:
                return checksums.digest(pieces, beat)
        except NotThere:
            return None


def headers(login: SecretStr | None) -> dict[str, str]:
    """Return what says who we are."""
    return {"Authorization": login.get_secret_value()} if login else {}
