"""The yardstick: a handler that answers an empty 202 and does nothing, three of it behind an Nginx of its own, over TCP and
without a log. Nothing of it changes when ticketd does."""

import contextlib
import pathlib
import resource
import socket
import subprocess
import time
from collections.abc import Iterator

from . import build as release
from . import wrk
from .laboratory import Failure
from .meter import Meter, Use

HANDLERS = 3
_HANDLER = "empty_handler"
_CONFIGURATION = """
worker_processes auto;
worker_rlimit_nofile {files};
daemon off;
pid {home}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  upstream handlers {{ {servers} least_conn; keepalive 4096; keepalive_requests 1000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ proxy_pass http://handlers; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""


class Reference:
    def __init__(self, home: pathlib.Path, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.url = f"{self.base}/api/v1/orders"
        self._home, self._port = home, port

    @contextlib.contextmanager
    def running(self) -> Iterator["Reference"]:
        """Up only while it is measured: what idles beside the lab is no part of the lab's figures."""
        started: list[subprocess.Popen] = []
        try:
            started.extend(
                self._start(f"handler-{number}", str(release.DIRECTORY / "bench" / _HANDLER), str(self._port + number))
                for number in range(1, HANDLERS + 1)
            )
            (self._home / "nginx").mkdir(parents=True, exist_ok=True)
            configuration = self._home / "nginx" / "nginx.conf"
            configuration.write_text(self._configuration())
            started.append(self._start("nginx", "/usr/sbin/nginx", "-e", "stderr", "-c", str(configuration)))
            for port in range(self._port, self._port + HANDLERS + 1):
                _await_port(port, started)
            yield self
        finally:
            for process in reversed(started):
                process.terminate()
            for process in started:
                process.wait(10)

    def measure(self, connections: int, seconds: int) -> tuple[wrk.Answers, Use]:
        meter = Meter(self.directories())
        answers = wrk.run(self.url, connections, seconds, wrk.PURCHASE, "event", "standing", "run")
        return answers, meter.read()

    def directories(self) -> dict[str, str]:
        names = ["nginx", *(f"handler-{number}" for number in range(1, HANDLERS + 1))]
        return {name: str(self._home / name) for name in names}

    def _start(self, name: str, *command: str) -> subprocess.Popen:
        where = self._home / name
        where.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(command, cwd=where, stdin=subprocess.DEVNULL, start_new_session=True)

    def _configuration(self) -> str:
        servers = " ".join(f"server 127.0.0.1:{self._port + number};" for number in range(1, HANDLERS + 1))
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return _CONFIGURATION.format(home=self._home / "nginx", port=self._port, servers=servers, files=files)


def build() -> None:
    """The handler, where it is not there yet or has changed."""
    release.target(_HANDLER)


def _await_port(port: int, started: list[subprocess.Popen]) -> None:
    limit = time.monotonic() + 10
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > limit or any(process.poll() is not None for process in started):
            raise Failure(f"the reference does not come up on port {port}")
        time.sleep(0.02)
