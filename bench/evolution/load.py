"""k6, from start to end: the spike script of bench/, and each request that it made."""

import csv
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable

from harness.laboratory import ROOT, Failure, last_line

THRESHOLDS_MISSED = 99  # k6: exitcodes.ThresholdsHaveFailed. That a phase is slow is a result, not a failure.
_ACCEPTED = re.compile(r'msg="accepted ([0-9a-f-]{36})"')
_COLUMNS = ("metric_name", "timestamp", "metric_value", "name", "status")

# second -> kind ("read", "purchase") -> status -> durations in tenths of a millisecond. A status of 0 is no answer.
# And second -> "dropped" -> how many people could not come, because k6 had nobody free to play them.
Seconds = dict[int, dict[str, dict[str, list[int]] | int]]
_METRICS = ("http_req_duration,", "dropped_iterations,")
_KINDS = {"availability": "read", "order": "read", "purchase": "purchase"}


class Load:
    """k6 in the background, and a thread that reads along with what it writes."""

    def __init__(self, k6: list[str], directory: pathlib.Path, variables: dict[str, str]) -> None:
        self.seconds: Seconds = {}
        self._directory = directory
        self._requests = directory / "requests.csv"
        self._console = directory / "console.log"
        self._errors = directory / "k6.log"
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)  # what k6 writes has ids of orders, which open them to whoever has them
        for old in (self._requests, self._console):
            old.unlink(missing_ok=True)
        command = [
            *k6,
            "run",
            "--no-usage-report",
            "--quiet",
            "--summary-mode=disabled",
            "--console-output",
            str(self._console),
            "--out",
            f"csv={self._requests}",
        ]
        for name, value in variables.items():
            command += ["-e", f"{name}={value}"]
        with open(self._errors, "w") as errors:
            self._process = subprocess.Popen(
                [*command, str(ROOT / "bench/ticket-sales-spike.js")],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env=os.environ | {"K6_CSV_SAVE_INTERVAL": "200ms"},
                start_new_session=True,
            )
        self._began = time.monotonic()
        self._reader = threading.Thread(target=self._read_along, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def finish(self, limit: float) -> None:
        """Waits for its end; raises if it failed, or has not ended within so many seconds."""
        try:
            status = self._process.wait(limit)
        except subprocess.TimeoutExpired as late:
            self.kill()
            if not self.seconds:
                raise Failure(f"k6 made no request in {time.monotonic() - self._began:.0f} seconds") from late
            raise Failure(f"k6 did not end within {limit:.0f} seconds") from late
        self._reader.join()
        if status < 0:
            raise Failure(f"k6 was killed by signal {-status}")
        if status not in (0, THRESHOLDS_MISSED):
            raise Failure(f"k6 failed with status {status}: {self._last_error()}")

    def kill(self) -> None:
        if not self.has_ended():
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join()

    def accepted_orders(self) -> list[str]:
        return _ACCEPTED.findall(self._console.read_text()) if self._console.exists() else []

    def _last_error(self) -> str:
        return last_line(self._errors.read_text()) or "it said nothing"

    def _read_along(self) -> None:
        follow(self._requests, self.has_ended, lambda line: count(line, self.seconds))


def follow(path: pathlib.Path, is_over: Callable[[], bool], use: Callable[[list[str]], None]) -> None:
    """Every row of a CSV file that somebody is still writing: of k6's columns, those in _COLUMNS."""
    while not path.exists():
        if is_over():
            return
        time.sleep(0.1)
    with open(path, newline="") as file:
        columns: list[int] = []
        rest = ""
        while True:
            was_over = is_over()
            text = rest + file.read()
            complete, _, rest = text.rpartition("\n")
            for line in complete.splitlines():
                if not columns:
                    header = line.split(",")
                    columns = [header.index(name) for name in _COLUMNS]
                elif line.startswith(_METRICS):
                    row = next(csv.reader([line]))
                    use([row[column] for column in columns])
            if was_over:
                return
            time.sleep(0.2)


def count(row: list[str], into: Seconds) -> None:
    metric, at, value, name, status = row
    if metric == "dropped_iterations":
        kinds = into.setdefault(int(at), {})
        kinds["dropped"] = kinds.get("dropped", 0) + round(float(value))
    elif kind := _KINDS.get(name):
        statuses = into.setdefault(int(at), {}).setdefault(kind, {})
        statuses.setdefault(status, []).append(round(float(value) * 10))
