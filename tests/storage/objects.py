"""An object store on loopback, as Arrow's S3 client speaks to one: list, size, and any part of an object."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

MODIFIED = "Mon, 02 Mar 2026 09:00:00 GMT"


class Store(BaseHTTPRequestHandler):
    objects: dict[str, bytes]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        told = urlsplit(self.path)
        bucket, _, key = unquote(told.path).lstrip("/").partition("/")
        if key:
            self._object(f"{bucket}/{key}")
        else:
            self._list(bucket, {name: values[0] for name, values in parse_qs(told.query).items()})

    def _object(self, name):
        body = self.objects.get(name)
        if body is None:
            return self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        part = self.headers.get("Range", "").removeprefix("bytes=").partition("-")
        if not part[0]:
            return self._answer(200, body)
        first, last = int(part[0]), int(part[2] or len(body) - 1)
        return self._answer(206, body[first : last + 1], {"Content-Range": f"bytes {first}-{last}/{len(body)}"})

    def _list(self, bucket, asked):
        start = f"{bucket}/{asked.get('prefix', '')}"
        keys = sorted(name for name in self.objects if name.startswith(start))[: int(asked.get("max-keys", 1000))]
        rows = "".join(
            f"<Contents><Key>{escape(name.partition('/')[2])}</Key><Size>{len(self.objects[name])}</Size>"
            "<LastModified>2026-03-02T09:00:00.000Z</LastModified></Contents>"
            for name in keys
        )
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>{len(keys)}</KeyCount>{rows}"
        self._answer(200, f"{body}</ListBucketResult>".encode())

    def _answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Last-Modified": MODIFIED, **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def served(objects: dict[str, bytes]) -> Iterator[str]:
    """Give the options of an address that lead to a store with these objects (bucket/key)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Served", (Store,), {"objects": objects}))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"?region=us-east-1&scheme=http&endpoint_override=127.0.0.1%3A{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
