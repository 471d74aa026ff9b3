"""Counterparts on loopback: GitHub's REST API for workflows as its documentation says, and a pipeline of one's own."""

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

NEEDED = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
DECLARED = {"model", "request", "reason", "notes", "baseline", "validation", "validation_since", "validation_until"}


class Counterpart:
    """Answers on loopback; what it was asked is kept."""

    def __init__(self) -> None:
        outer, self.asked = self, []

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                outer.asked.append((self.command, self.path, dict(self.headers), body))
                status, content, kind = outer.answer(self.command, self.path, self.headers, body)
                self.send_response(status)
                self.send_header("content-type", kind)
                if status == 302:
                    self.send_header("location", content.decode())
                    content = b""
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, bytes, str]:
        raise NotImplementedError

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class GitHub(Counterpart):
    """docs.github.com/en/rest/actions: workflow dispatches, runs, jobs, artifacts; each with the documented schema."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[dict[str, Any]] = []
        self.names_runs, self.loses_answer, self.fails = True, False, 0
        self.artifact: dict[str, bytes] | None = {}
        self.steps = [("Set up job", "completed"), ("Train", "in_progress"), ("Judge", "queued"), ("Upload", "queued")]

    def end(self, conclusion: str) -> None:
        self.runs[-1] |= {"status": "completed", "conclusion": conclusion}

    def answer(self, method, path, headers, body):
        at = urlsplit(path)
        if at.path == "/blob":  # the store that a download is sent on to: it must not see the token
            return (400 if headers.get("authorization") else 200), self._zip(), "application/zip"
        if headers.get("authorization") != "Bearer ghp_secret":
            return self._json(401, {"message": "Bad credentials"})
        if any(headers.get(name) != value for name, value in NEEDED.items()):
            return self._json(415, {"message": "headers"})
        if self.fails:
            self.fails -= 1
            return self._json(503, {"message": "unavailable"})
        route = f"{method} {at.path.removeprefix('/repos/acme/models/actions/')}"
        return self._route(route, parse_qs(at.query), body)

    def _route(self, route, query, body):  # noqa: PLR0911
        if route == "POST workflows/retrain.yml/dispatches":
            return self._dispatch(json.loads(body))
        if route == "GET workflows/retrain.yml/runs":
            assert query["event"] == ["workflow_dispatch"]
            assert re.fullmatch(r">=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", query["created"][0])
            return self._json(200, {"total_count": len(self.runs), "workflow_runs": self.runs})
        if match := re.fullmatch(r"GET runs/(\d+)", route):
            return self._json(200, self._run(match[1]))
        if match := re.fullmatch(r"GET runs/(\d+)/jobs", route):
            steps = [{"name": n, "status": s, "number": i} for i, (n, s) in enumerate(self.steps)]
            return self._json(200, {"total_count": 1, "jobs": [{"id": 1, "steps": steps}]})
        if match := re.fullmatch(r"GET runs/(\d+)/artifacts", route):
            found = [] if self.artifact is None else [{"id": 77, "name": query["name"][0], "expired": False}]
            return self._json(200, {"total_count": len(found), "artifacts": found})
        if route == "GET artifacts/77/zip":
            host = self.url.replace("127.0.0.1", "localhost")  # another origin, as GitHub's blob store is
            return 302, f"{host}/blob".encode(), "text/plain"
        if match := re.fullmatch(r"POST runs/(\d+)/cancel", route):
            if self._run(match[1])["status"] == "completed":
                return self._json(409, {"message": "Cannot cancel a workflow run that is completed."})
            self.end("cancelled")
            return self._json(202, {})
        return self._json(404, {"message": "Not Found"})

    def _dispatch(self, told):
        assert set(told) == {"ref", "inputs"}
        assert all(isinstance(value, str) for value in told["inputs"].values())
        strange = set(told["inputs"]) - DECLARED
        if strange:
            return self._json(422, {"message": f"Unexpected inputs provided: {sorted(strange)}"})
        title = f"Retrain {told['inputs']['request']}" if self.names_runs else "Retrain"
        number = 1000 + len(self.runs)
        self.runs.append({
            "id": number, "name": "retrain", "display_title": title, "status": "in_progress", "conclusion": None,
            "html_url": f"https://github.example/acme/models/actions/runs/{number}", "inputs": told["inputs"],
        })  # fmt: skip
        return self._json(502, {"message": "gateway"}) if self.loses_answer else (204, b"", "text/plain")

    def _run(self, number):
        return next(one for one in self.runs if str(one["id"]) == number)

    def _json(self, status, told):
        return status, json.dumps(told).encode(), "application/json"

    def _zip(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in (self.artifact or {}).items():
                archive.writestr(name, content)
        return packed.getvalue()


class OwnPipeline(Counterpart):
    """A receiver of the signed webhook."""

    status = 202

    def answer(self, method, path, headers, body):
        return self.status, b"{}", "application/json"


@contextmanager
def serving(counterpart: Counterpart) -> Iterator[Any]:
    """Give it, and close it afterwards."""
    try:
        yield counterpart
    finally:
        counterpart.close()
