"""Some of the buyers, who look at their order once a second until it is final, as everybody's page does."""

import heapq
import http.client
import json
import threading
import time
import urllib.parse

PATIENCE_S = 1  # between two looks
LIMIT_S = 10
FINAL = ("confirmed", "rejected", "payment_failed", "expired")


class Watchers:
    def __init__(self, url: str) -> None:
        self._address = urllib.parse.urlsplit(url).netloc
        self._connection: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()
        self._due: list[tuple[float, str]] = []  # a heap
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.ends: dict[str, str] = {}  # order -> what its buyer read in the end
        self._count = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread.ident:
            self._thread.join()

    def follow(self, order: str) -> None:
        with self._lock:
            self._count += 1
            heapq.heappush(self._due, (time.monotonic(), order))

    @property
    def waiting(self) -> int:
        return self._count - len(self.ends)

    def _run(self) -> None:
        while not self._over.wait(0.02):
            while (order := self._next_due()) and not self._over.is_set():
                status = self._look(order)
                if status in FINAL:
                    self.ends[order] = status
                else:
                    with self._lock:
                        heapq.heappush(self._due, (time.monotonic() + PATIENCE_S, order))

    def _next_due(self) -> str | None:
        with self._lock:
            if self._due and self._due[0][0] <= time.monotonic():
                return heapq.heappop(self._due)[1]
        return None

    def _look(self, order: str) -> str | None:
        """None: no answer that says it. The next look may bring one."""
        try:
            self._connection = self._connection or http.client.HTTPConnection(self._address, timeout=LIMIT_S)
            self._connection.request("GET", f"/api/v1/orders/{order}")
            answer = self._connection.getresponse()
            body = answer.read()
            document = json.loads(body) if answer.status == 200 else {}
        except (OSError, http.client.HTTPException, ValueError):
            self._connection = None
            return None
        status = document.get("status")
        # Who is told "confirmed" holds tickets in hand.
        return None if status == "confirmed" and not document.get("tickets") else status
