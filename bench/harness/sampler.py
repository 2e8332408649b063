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
        self._load_cpu = {} if load_pid is None else {load_pid: 0.0}  # by process
        self._interval = interval
        # The sandbox counts nothing that the report tells.
        self._ports = {service: port for service, port in ops_ports.items() if service != "payments"}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def watch(self, load_pid: int) -> None:
        """Another process of the load's."""
        self._load_cpu[load_pid] = 0.0

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
            "load_cpu": self._count_load(),
            "metrics": {
                service: metrics for service, metrics in zip(self._ports, answers, strict=True) if metrics is not None
            },
        }

    def _count_load(self) -> float:
        """One that has ended keeps what it last showed."""
        for pid in list(self._load_cpu):
            self._load_cpu[pid] = max(self._load_cpu[pid], processes.cpu_seconds_of(pid))
        return round(sum(self._load_cpu.values()), 3)
