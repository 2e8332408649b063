"""vegeta: an open loop, whose requests leave at a constant rate whatever the answers take, as people come; or a closed one,
where each of some people asks again as soon as they are answered."""

import base64
import csv
import itertools
import json
import os
import pathlib
import signal
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .laboratory import ROOT, Failure

_PROGRAM = ROOT / "build/tools/bin/vegeta"
_NS = 1e9


@dataclass(frozen=True)
class Answer:
    intended: float  # seconds since the epoch: when it should have left
    ended: float
    status: int  # 0 is no answer
    body: bytes

    @property
    def latency_ms(self) -> float:
        """From the intended start: that a generator is late is no merit of the server's."""
        return (self.ended - self.intended) * 1000


@dataclass(frozen=True)
class Target:
    method: str
    url: str
    body: dict | None = None

    def line(self) -> str:
        """As vegeta's JSON targets have it."""
        target: dict = {"method": self.method, "url": self.url}
        if self.body is not None:
            target["header"] = {"Content-Type": ["application/json"]}
            target["body"] = base64.b64encode(json.dumps(self.body).encode()).decode()
        return json.dumps(target) + "\n"


def purchases(url: str, event: str, run: str, count: int, category: str = "standing") -> Iterator[Target]:
    """One ticket each, every one by another buyer."""
    for number in range(count):
        buyer = {"name": "Buyer", "email": f"{run}-{number}@example.com"}
        body = {"event_id": event, "category_id": category, "quantity": 1, "buyer": buyer}
        yield Target("POST", f"{url}/api/v1/orders", body)


def reads(url: str, event: str, count: int) -> Iterator[Target]:
    yield from itertools.repeat(Target("GET", f"{url}/api/v1/events/{event}/availability"), count)


@dataclass(frozen=True)
class Row:
    """Of vegeta's results; times in nanoseconds."""

    number: int
    sent: int
    latency: int  # from `sent`, as vegeta has it
    status: int
    body: bytes = b""


def read_rows(lines: Iterable[str]) -> list[Row]:
    """Timestamp, code, latency, bytes out, bytes in, error, body, attack, sequence number, ...

    At the end of its targets vegeta still writes a row for each request that it would have sent.
    """
    return [
        Row(int(row[8]), int(row[0]), int(row[2]), int(row[1]), base64.b64decode(row[6]))
        for row in csv.reader(lines)
        if row[5] != "no targets to attack"
    ]


def from_intended_start(rows: Iterable[Row], rate: float) -> list[Answer]:
    """The schedule begins with the one request that kept closest to it: none can have left before it was due. A closed loop,
    whose rate is 0, has none: a request should have left when it did."""
    ordered = sorted(rows, key=lambda row: row.number)
    if not rate:
        return [Answer(row.sent / _NS, (row.sent + row.latency) / _NS, row.status, row.body) for row in ordered]
    interval = _NS / rate
    due = {row.number: (row.number - ordered[0].number) * interval for row in ordered}
    began = min(row.sent - due[row.number] for row in ordered)
    return [
        Answer((began + due[row.number]) / _NS, (row.sent + row.latency) / _NS, row.status, row.body) for row in ordered
    ]


class Attack:
    """One that goes on beside its caller, until it has been through its targets, or for so many seconds. Its files are in
    `directory`, under `name`. A rate of 0 is a closed loop of so many `workers`; an open one has as many as it needs, up to
    these."""

    def __init__(
        self,
        directory: pathlib.Path,
        name: str,
        targets: Iterable[Target],
        rate: int,
        seconds: float,
        workers: int = 20_000,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._rate = rate
        self._targets, self._results = directory / f"{name}.targets", directory / f"{name}.results"
        with open(self._targets, "w") as lines:
            lines.writelines(target.line() for target in targets)
        self._command = [
            str(_PROGRAM),
            "attack",
            "-format=json",
            "-lazy",
            f"-targets={self._targets}",
            f"-output={self._results}",
            f"-rate={f'{rate}/s' if rate else 0}",
            f"-duration={round(seconds * 1000)}ms",
            "-timeout=20s",
            f"-max-workers={workers}",
            "-connections=20000",
            "-redirects=-1",
        ]
        self._process: subprocess.Popen | None = None
        self.cpu_seconds = 0.0  # vegeta's own, once it has ended

    def start(self) -> "Attack":
        try:
            self._process = subprocess.Popen(
                self._command,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise Failure(f"vegeta cannot be started: {error.strerror}") from error
        return self

    def finish(self) -> None:
        """Waits until it has its answers."""
        try:
            errors = self._process.stderr.read()
            _, status, usage = os.wait4(self._process.pid, 0)
        except BaseException:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            raise
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        if self._process.returncode:
            raise Failure(f"vegeta failed: {errors.strip()[-300:]}")

    def answers(self) -> list[Answer]:
        """In the order of their intended starts."""
        with subprocess.Popen(
            [_PROGRAM, "encode", "-to=csv", str(self._results)], text=True, stdout=subprocess.PIPE
        ) as encoder:
            rows = read_rows(encoder.stdout)
        if not rows:
            raise Failure("vegeta made no request")
        return from_intended_start(rows, self._rate)

    def kill(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def forget(self) -> None:
        for file in (self._targets, self._results):
            file.unlink(missing_ok=True)


def intended_starts(sent: Sequence[int], rate: int) -> list[float]:
    """When requests should have left that left then, in nanoseconds; of a closed loop that is when they did."""
    if not rate:
        return list(sent)
    interval = _NS / rate
    began = min(time - number * interval for number, time in enumerate(sent))
    return [began + number * interval for number in range(len(sent))]
