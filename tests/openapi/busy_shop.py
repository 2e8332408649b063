"""A stand-in for ticketd that has a 503 for the first attempt at each purchase, and then sells."""

import collections
import contextlib
import dataclasses
import http.server
import json
import threading
from collections.abc import Iterator

ORDER = "6f0c8a52-1f3e-8b7a-9c1d-3e5f70819a2b"


@dataclasses.dataclass
class Shop:
    url: str
    purchases: collections.Counter[str]  # attempts, by their keys


@contextlib.contextmanager
def busy_shop() -> Iterator[Shop]:
    purchases: collections.Counter[str] = collections.Counter()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            key = self.headers["Idempotency-Key"]
            purchases[key] += 1
            if purchases[key] == 1:
                self.answer(503, {"type": "urn:ticketd:problem:unavailable", "detail": "too busy"})
            else:
                self.answer(202, {"id": ORDER, "status": "queued"})

        def do_GET(self):
            self.answer(200, {"id": ORDER, "status": "confirmed", "tickets": [{"id": "GIG-1-1", "code": "7Q3M"}]})

        def answer(self, status: int, document: dict) -> None:
            body = json.dumps(document, separators=(",", ":")).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Retry-After", "1")
            self.send_header("Location", f"/api/v1/orders/{ORDER}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Shop(f"http://127.0.0.1:{server.server_port}", purchases)
        server.shutdown()
