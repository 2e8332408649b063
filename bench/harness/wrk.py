"""wrk, a closed loop: each connection asks again as soon as it has its answer."""

import os
import pathlib
import re
import resource
import signal
import subprocess
from dataclasses import dataclass

from .laboratory import Failure

_SCRIPTS = pathlib.Path(__file__).resolve().parents[1]
PURCHASE = _SCRIPTS / "purchase.lua"
READ = _SCRIPTS / "read.lua"


@dataclass(frozen=True)
class Answers:
    requests: int
    refused: int  # answers of 400 and above
    failed: int  # no answer
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_seconds: float  # wrk's own

    @property
    def accepted(self) -> int:
        return self.requests - self.refused

    @property
    def accepted_per_second(self) -> float:
        return self.accepted / self.seconds


def run(url: str, connections: int, seconds: int, script: pathlib.Path, *arguments: str) -> Answers:
    return Running(url, connections, seconds, script, *arguments).finish()


class Running:
    """One that goes on beside its caller, until its time is up or it is told to stop."""

    def __init__(self, url: str, connections: int, seconds: int, script: pathlib.Path, *arguments: str) -> None:
        threads = min(2, connections)
        command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script)]
        self._cpu_before = _children_cpu()
        try:
            self._process = subprocess.Popen(
                [*command, url, "--", *arguments],
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise Failure(f"wrk cannot be started: {error.strerror}") from error

    def stop(self) -> None:
        """It ends as it does when its time is up: wrk takes a Ctrl-C so."""
        self._process.send_signal(signal.SIGINT)

    def finish(self) -> Answers:
        try:
            output, errors = self._process.communicate()
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        counted = re.findall(r"(\w+)=(\d+)", output.partition("RESULT")[2])
        if self._process.returncode or not counted:
            raise Failure(f"wrk failed: {(errors or output).strip()[-300:]}")
        result = {name: int(value) for name, value in counted}
        return Answers(
            requests=result["requests"],
            refused=result["refused"],
            failed=result["failed"],
            seconds=result["duration_us"] / 1e6,
            p50_ms=result["p50_us"] / 1000,
            p99_ms=result["p99_us"] / 1000,
            cpu_seconds=_children_cpu() - self._cpu_before,
        )


def raise_file_limit() -> None:
    """A connection is a file, of wrk's and of the servers'."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard != resource.RLIM_INFINITY else 65536, hard))


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system
