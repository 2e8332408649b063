"""How old what a buyer reads is, seen by one who asks every so often while others do all the time."""

import collections
import datetime
import http.client
import json
import threading
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass

from . import statistics

EVERY_S = 0.05
# event_reader.hpp: the life of a replica's copy (l1_for), and the rest between two publications to Redis.
BOUND_MS = 100 + 25
# And where no worker can overwrite what is in Redis, the age up to which a value there counts (fresh_for).
BOUND_WITHOUT_REDIS_MS = BOUND_MS + 1000


@dataclass(frozen=True)
class Sample:
    """What `as_of` was old, in milliseconds: the replica has looked at its copy in between."""

    when_asked: float
    when_answered: float


@dataclass(frozen=True)
class Staleness:
    samples: int
    p50_ms: float  # when answered, as the buyer has it
    most_ms: float
    beyond: int  # older than the bound when they were asked for, so however long the answer took


def staleness(samples: Sequence[Sample], bound: float) -> Staleness | None:
    if not samples:
        return None
    ages = sorted(sample.when_answered for sample in samples)
    beyond = sum(sample.when_asked > bound for sample in samples)
    return Staleness(len(ages), statistics.percentile(ages, 0.5), ages[-1], beyond)


def age_ms(as_of: str, at: float) -> float:
    """Of a reading at a moment, in seconds since the epoch. The database's clock is this machine's."""
    return (at - datetime.datetime.fromisoformat(as_of).timestamp()) * 1000


class Watch:
    """A thread that reads an event's availability from start() to stop()."""

    def __init__(self, url: str, event: str) -> None:
        self.samples: list[Sample] = []
        self.statuses: collections.Counter[int] = collections.Counter()  # 0 is no answer
        self.marked_stale = 0
        self._address = urllib.parse.urlsplit(url).netloc
        self._path = f"/api/v1/events/{event}/availability"
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "Watch":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=10)
        due = time.monotonic()
        while not self._end.wait(max(0.0, due - time.monotonic())):
            due = max(due + EVERY_S, time.monotonic())
            self._look(connection)
        connection.close()

    def _look(self, connection: http.client.HTTPConnection) -> None:
        asked = time.time()
        try:
            connection.request("GET", self._path)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()  # the next request opens it again
            self.statuses[0] += 1
            return
        answered = time.time()
        self.statuses[answer.status] += 1
        if answer.status == 200:
            as_of = json.loads(body)["as_of"]
            self.samples.append(Sample(age_ms(as_of, asked), age_ms(as_of, answered)))
            self.marked_stale += "ttl=-" in answer.headers.get("Cache-Status", "")
