"""vegeta: an open loop, whose requests leave at a constant rate whatever the answers take, as people come; or a closed one,
where each of some people asks again as soon as they are answered."""

import base64
import csv
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .laboratory import ROOT, Failure

_PROGRAM = ROOT / "build/tools/bin/vegeta"
_NS = 1e9
_REFUSED_FOR_NOW = (429, 503)


@dataclass(frozen=True)
class Answer:
    intended: float  # seconds since the epoch: when it should have left
    ended: float
    status: int  # 0 is no answer
    body: bytes
    url: str = ""  # of its target; a fragment is not sent, so it can tell which one it was
    retry_after: int = 0  # seconds, of a refusal that says so

    @property
    def latency_ms(self) -> float:
        """From the intended start: that a generator is late is no merit of the server's."""
        return (self.ended - self.intended) * 1000


@dataclass(frozen=True)
class Target:
    method: str
    url: str
    body: dict | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def line(self) -> str:
        """As vegeta's JSON targets have it."""
        target: dict = {"method": self.method, "url": self.url}
        headers = dict(self.headers) if self.body is None else {"Content-Type": "application/json", **self.headers}
        if headers:
            target["header"] = {name: [value] for name, value in headers.items()}
        if self.body is not None:
            target["body"] = base64.b64encode(json.dumps(self.body).encode()).decode()
        return json.dumps(target) + "\n"


def purchases(url: str, event: str, run: str, count: int, category: str = "standing") -> Iterator[Target]:
    """One ticket each, every one by another buyer."""
    for number in range(count):
        yield Target("POST", f"{url}/api/v1/orders", purchase(event, run, number, category))


def purchase(event: str, run: str, number: int, category: str = "standing") -> dict:
    buyer = {"name": "Buyer", "email": f"{run}-{number}@example.com"}
    return {"event_id": event, "category_id": category, "quantity": 1, "buyer": buyer}


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
    url: str = ""
    retry_after: int = 0  # seconds, where the answer asks for it


def read_rows(lines: Iterable[str]) -> list[Row]:
    """Timestamp, code, latency, bytes out, bytes in, error, body, attack, sequence number, ...

    At the end of its targets vegeta still writes a row for each request that it would have sent.
    """
    return [_read_row(row) for row in csv.reader(lines) if row[5] != "no targets to attack"]


def _read_row(row: list[str]) -> Row:
    status = int(row[1])
    return Row(
        number=int(row[8]),
        sent=int(row[0]),
        latency=int(row[2]),
        status=status,
        body=base64.b64decode(row[6]),
        url=row[10],
        retry_after=_retry_after(row[11]) if status in _REFUSED_FOR_NOW else 0,
    )


def from_intended_start(rows: Iterable[Row], rate: float) -> list[Answer]:
    """The schedule begins with the one request that kept closest to it: none can have left before it was due. A closed loop,
    whose rate is 0, has none: a request should have left when it did."""
    ordered = sorted(rows, key=lambda row: row.number)
    interval = _NS / rate if rate else 0
    due = {row.number: (row.number - ordered[0].number) * interval for row in ordered}
    began = min(row.sent - due[row.number] for row in ordered)
    return [
        Answer(
            intended=(began + due[row.number] if rate else row.sent) / _NS,
            ended=(row.sent + row.latency) / _NS,
            status=row.status,
            body=row.body,
            url=row.url,
            retry_after=row.retry_after,
        )
        for row in ordered
    ]


class Attack:
    """One that goes on beside its caller, until it has been through its targets, or for so many seconds (0 is without end).
    Its files are in `directory`, under `name`. A rate of 0 is a closed loop of so many `workers`; an open one has as many as
    it needs, up to these. `address` is the one that it calls from: each has ports of its own."""

    def __init__(
        self,
        directory: pathlib.Path,
        name: str,
        targets: Iterable[Target],
        rate: int,
        seconds: float = 0,
        workers: int = 20_000,
        address: str = "127.0.0.1",
        connections: int = 0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._rate = rate
        self._environment = {**os.environ, **(environment or {})}
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
            f"-laddr={address}",
            f"-max-connections={connections}",  # 0 is as many as there are requests under way
        ]
        self._process: subprocess.Popen | None = None
        self.cpu_seconds = 0.0  # vegeta's own, once it has ended

    def start(self) -> "Attack":
        try:
            self._process = subprocess.Popen(
                self._command,
                text=True,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise Failure(f"vegeta cannot be started: {error.strerror}") from error
        return self

    def stop(self) -> None:
        """At once, whatever it is waiting for: who waits in finish() is told that it failed."""
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)

    def finish(self) -> None:
        """Waits until it has its answers."""
        try:
            with self._process.stderr as said:
                errors = said.read()
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

    @property
    def pid(self) -> int:
        return self._process.pid

    def forget(self) -> None:
        for file in (self._targets, self._results):
            file.unlink(missing_ok=True)


def _retry_after(headers: str) -> int:
    found = re.search(rb"^Retry-After: (\d+)", base64.b64decode(headers), re.IGNORECASE | re.MULTILINE)
    return int(found[1]) if found else 0
