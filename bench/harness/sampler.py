"""At a steady pace: what every service says of itself, and what it takes of the machine."""

import concurrent.futures
import threading
import time
from collections.abc import Mapping

from . import exposition, processes

Sample = dict[str, object]


class Sampler:
    """A thread that takes a sample each `interval` seconds from start() to stop()."""

    def __init__(
        self,
        directories: Mapping[str, str],
        ops_ports: Mapping[str, int],
        load_pid: int | None = None,
        interval: float = 1,
    ) -> None:
        self.samples: list[Sample] = []
        self._directories = directories
        self._load_pid = load_pid
        self._interval = interval
        # The sandbox counts nothing that the report tells.
        self._ports = {service: port for service, port in ops_ports.items() if service != "payments"}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        with concurrent.futures.ThreadPoolExecutor(len(self._ports)) as pool:
            due = time.monotonic()
            while not self._end.wait(max(0.0, due - time.monotonic())):
                due += self._interval
                self.samples.append(self._take(pool))

    def _take(self, pool: concurrent.futures.ThreadPoolExecutor) -> Sample:
        answers = pool.map(exposition.fetch, self._ports.values())
        return {
            "at": round(time.time(), 3),
            "machine": processes.machine_cpu_seconds(),
            "services": processes.usage_of_services(self._directories),
            "load_cpu": processes.cpu_seconds_of(self._load_pid) if self._load_pid else 0.0,
            "metrics": {
                service: metrics for service, metrics in zip(self._ports, answers, strict=True) if metrics is not None
            },
        }
