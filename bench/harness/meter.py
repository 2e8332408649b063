"""CPU by process between two moments, and whether somebody else was at work meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

from . import processes

DISTURBED = 0.05  # of the machine's CPU, taken by neither the lab nor the load


@dataclass(frozen=True)
class Use:
    """CPU seconds by service, of the kernel's own threads, and of the whole machine."""

    services: dict[str, float]
    kernel: float
    busy: float
    stolen: float
    whole: float

    def microseconds_each(self, count: int, load: float) -> dict[str, float]:
        """By service, the largest first; the load generator and the kernel's threads as well, so that it adds up to what
        the machine did for the lab. What the kernel did in a process's name is that process's."""
        parts = {**self.services, "load generator": load, "kernel": self.kernel}
        return {
            name: seconds * 1e6 / max(1, count)
            for name, seconds in sorted(parts.items(), key=lambda item: -item[1])
            if seconds > 0
        }


class Meter:
    """Counts from its making on."""

    def __init__(self, directories: Mapping[str, str]) -> None:
        self._directories = dict(directories)
        self._services, self._kernel, self._machine = self._read()

    def read(self) -> Use:
        services, kernel, machine = self._read()
        return Use(
            services={name: used - self._services.get(name, 0.0) for name, used in services.items()},
            kernel=kernel - self._kernel,
            busy=machine["busy"] - self._machine["busy"],
            stolen=machine["stolen"] - self._machine["stolen"],
            whole=machine["all"] - self._machine["all"],
        )

    def _read(self) -> tuple[dict[str, float], float, dict[str, float]]:
        usage = processes.usage_of_services(self._directories)
        services = {name: used["cpu"] for name, used in usage.items()}
        return services, processes.kernel_cpu_seconds(), processes.machine_cpu_seconds()


def disturbance(use: Use, load: float) -> str:
    """What to say of a round that somebody else had a part in; "" of a quiet one."""
    if use.whole and use.stolen / use.whole > DISTURBED:
        return f"disturbed: other machines on this host took {use.stolen / use.whole:.0%} of the CPU"
    others = use.busy - sum(use.services.values()) - use.kernel - load
    if use.whole and others / use.whole > DISTURBED:
        return f"disturbed: {others / use.whole:.0%} of the CPU went to what is no part of the lab"
    return ""
