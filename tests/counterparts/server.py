"""A server on loopback that stands for another system: it does what it is asked, and fails as it is told to."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Call:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None


@dataclass
class Answer:
    """What is answered."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


LOST = "lost"  # does it, and closes the line


class Counterpart:
    """Answers by `do`; `faults` come first, one a call: an Answer instead, or LOST after."""

    def __init__(self) -> None:
        here = self
        self.calls: list[Call] = []
        self.faults: list[Answer | str] = []

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                at = urlsplit(self.path)
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                call = Call(self.command, at.path, dict(parse_qsl(at.query)), headers, raw)
                here.calls.append(call)
                fault = here.faults.pop(0) if here.faults else None
                told = fault if isinstance(fault, Answer) else here.do(call)
                if fault == LOST:
                    self.close_connection = True
                    return
                body = b"" if told.body is None else json.dumps(told.body).encode()
                self.send_response(told.status)
                for name, value in {"content-type": "application/json", **told.headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = answer  # noqa: N815

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def do(self, call: Call) -> Answer:
        return Answer()

    def __enter__(self):
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
