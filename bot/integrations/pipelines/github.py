"""A workflow of GitHub Actions: dispatched once, found again by its name, followed to its end, its artifact fetched.

The workflow takes the input `request` and bears it in its `run-name`: GitHub's answer to a dispatch names no run.
https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
"""

import contextlib
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.commands import read
from bot.integrations import http
from bot.integrations.errors import Permanent, TryLater, Uncertain
from bot.integrations.pipelines.port import Running, Seen, State

ACCEPT = "application/vnd.github+json"
VERSION = "2022-11-28"
APPEARS = timedelta(minutes=5)  # a run that was dispatched is listed within seconds
ARTIFACT = "ethixbot"
WANTED = ("result.json", "candidate.parquet", "candidate.csv")
LARGEST = 2 << 30  # bytes of one file of the artifact
PLACE = re.compile(r"(?P<owner>[^/]+)/(?P<repo>[^/]+)/(?P<file>[^/@]+)(?:@(?P<ref>.+))?")


class Workflow:
    """A run is known by the request's id in its name; the inputs are what a command finds in its environment."""

    every = timedelta(seconds=15)
    asks_first = True

    def start(self, run: Running) -> Mapping[str, Any]:
        """Return the run's id once it is listed; the workflow is dispatched once, however often this is called."""
        try:
            found = self._find(run)
        except Uncertain as error:  # a look changes nothing
            raise TryLater(error.says) from None
        if found is not None:
            return found
        if run.request.remote.get("dispatched"):
            return self._await(run)
        inputs = {name: value for name, value in run.told.items() if value}
        with contextlib.suppress(Uncertain):  # it is looked for by its name
            _call(run, "POST", f"actions/workflows/{_place(run)['file']}/dispatches", json={
                "ref": _place(run)["ref"] or "main", "inputs": inputs,
            })  # fmt: skip
        return {"dispatched": run.now.isoformat()}

    def look(self, run: Running) -> Seen:
        """Return how the run goes; its jobs and their steps say how far it is."""
        if "run" not in run.request.remote:
            found = self._find(run) or self._await(run)
            return Seen(remote=found, progress={"stage": "queued"})
        told = _call(run, "GET", f"actions/runs/{run.request.remote['run']}").json()
        if told.get("status") != "completed":
            return Seen(progress=self._progress(run, told))
        how = told.get("conclusion")
        if how == "success":
            self._fetch(run)
            return Seen(State.PASSED, progress={"share": 1.0}, result=read(run.folder / "result.json"))
        if how == "cancelled":
            return Seen(State.CANCELLED)
        return Seen(State.FAILED, f"the workflow ended with “{how}”: {told.get('html_url', '')}")

    def cancel(self, run: Running) -> bool:
        """Ask GitHub to end the run; return whether it is over."""
        remote = run.request.remote
        known = remote.get("run") or (self._find(run) or {}).get("run")
        if known is None:
            return not remote.get("dispatched") or _is_late(run)
        if _call(run, "GET", f"actions/runs/{known}").json().get("status") == "completed":
            return True
        try:
            _call(run, "POST", f"actions/runs/{known}/cancel")
        except Permanent:
            return False  # it ended meanwhile (409): the next look sees it
        return False

    def _find(self, run: Running) -> dict[str, Any] | None:
        since = f">={run.request.requested_at - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
        sent = {"event": "workflow_dispatch", "created": since, "per_page": 100}
        listed = _call(run, "GET", f"actions/workflows/{_place(run)['file']}/runs", params=sent).json()
        named = re.compile(rf"(?<![\w-]){re.escape(run.request.id)}(?![\w-])")
        for one in listed.get("workflow_runs", []):
            if named.search(str(one.get("display_title") or one.get("name") or "")):
                return {"run": one["id"], "url": one.get("html_url", "")}
        return None

    def _await(self, run: Running) -> dict[str, Any]:
        """Return nothing new while the run may still appear; raise Permanent where it should be there by now."""
        if _is_late(run):
            raise Permanent(
                f"GitHub lists no run with {run.request.id} in its name: give the workflow"
                " `run-name: Retrain ${{ inputs.request }}`"
            )
        return {}

    def _progress(self, run: Running, told: Mapping[str, Any]) -> dict[str, Any]:
        if told.get("status") != "in_progress":
            return {"stage": str(told.get("status"))}
        jobs = _call(run, "GET", f"actions/runs/{told['id']}/jobs").json().get("jobs", [])
        steps = [step for job in jobs for step in job.get("steps") or []]
        done = [step for step in steps if step.get("status") == "completed"]
        now = next((step for step in steps if step.get("status") == "in_progress"), None)
        shares = {"share": len(done) / len(steps)} if steps else {}
        return {"stage": str(now["name"]) if now else "in_progress", **shares}

    def _fetch(self, run: Running) -> None:
        """Write what the artifact holds into the folder; raise Permanent where there is none."""
        known = run.request.remote["run"]
        listed = _call(run, "GET", f"actions/runs/{known}/artifacts", params={"name": ARTIFACT}).json()
        found = next((one for one in listed.get("artifacts", []) if not one.get("expired")), None)
        if found is None:
            raise Permanent(f"the workflow left no artifact “{ARTIFACT}” with result.json and candidate.parquet")
        packed = _call(run, "GET", f"actions/artifacts/{found['id']}/zip").content
        run.folder.mkdir(parents=True, exist_ok=True)
        _unpack(packed, run.folder)


def _unpack(packed: bytes, folder: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            for info in archive.infolist():
                if info.filename not in WANTED:  # the model itself stays where it was made
                    continue
                if info.file_size > LARGEST:
                    raise Permanent(f"{info.filename} of the artifact is larger than {LARGEST >> 30} GB")
                archive.extract(info, folder)
    except zipfile.BadZipFile:
        raise TryLater("the artifact came damaged", after=10) from None


def _is_late(run: Running) -> bool:
    dispatched = run.request.remote.get("dispatched")
    return bool(dispatched) and run.now - datetime.fromisoformat(str(dispatched)) > APPEARS


def _place(run: Running) -> Mapping[str, str | None]:
    matched = PLACE.fullmatch(run.how.github or "")
    assert matched is not None  # the policy was checked
    return matched.groupdict()


def _call(run: Running, method: str, path: str, **sent: Any) -> Any:  # noqa: ANN401
    token = run.settings.github_token
    if token is None:
        raise Permanent("ETHIXBOT_GITHUB_TOKEN is not set")
    place = _place(run)
    headers = {
        "Authorization": f"Bearer {token.get_secret_value()}",
        "Accept": ACCEPT,
        "X-GitHub-Api-Version": VERSION,
    }
    url = f"{run.how.github_api.rstrip('/')}/repos/{place['owner']}/{place['repo']}/{path}"
    return http.call("GitHub", method, url, headers=headers, **sent)
