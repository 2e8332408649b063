"""CPU by process between two moments, and whether somebody else was at work meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

from . import processes

DISTURBED = 0.05  # of the machine's CPU, taken by neither the lab nor the load, nor by the kernel for them
KERNEL = "kernel and others"


@dataclass(frozen=True)
class Use:
    """CPU seconds by service, and of the whole machine."""

    services: dict[str, float]
    busy: float
    stolen: float
    whole: float

    def microseconds_each(self, count: int, load: float = 0.0) -> dict[str, float]:
        """By service, the largest first, and the rest of what the machine did: it adds up to all that was busy."""
        each = {name: seconds for name, seconds in self.services.items() if seconds > 0}
        if load:
            each["load generator"] = load
        each[KERNEL] = max(0.0, self.busy - sum(each.values()))
        return {
            name: seconds * 1e6 / count for name, seconds in sorted(each.items(), key=lambda item: -item[1]) if count
        }


class Meter:
    """Counts from its making on."""

    def __init__(self, directories: Mapping[str, str]) -> None:
        self._directories = dict(directories)
        self._services, self._machine = self._read()

    def read(self) -> Use:
        services, machine = self._read()
        return Use(
            services={name: used - self._services.get(name, 0.0) for name, used in services.items()},
            busy=machine["busy"] - self._machine["busy"],
            stolen=machine["stolen"] - self._machine["stolen"],
            whole=machine["all"] - self._machine["all"],
        )

    def _read(self) -> tuple[dict[str, float], dict[str, float]]:
        usage = processes.usage_of_services(self._directories)
        return {name: used["cpu"] for name, used in usage.items()}, processes.machine_cpu_seconds()


def disturbance(use: Use, load: float) -> str:
    """What to say of a round that somebody else had a part in; "" of a quiet one. The kernel's threads work for the lab
    too, so their part cannot be told from others' here: what processes outside took is looked at by their ids."""
    if use.whole and use.stolen / use.whole > DISTURBED:
        return f"disturbed: other machines on this host took {use.stolen / use.whole:.0%} of the CPU"
    rest = use.busy - sum(use.services.values()) - load
    if use.whole and rest / use.whole > 3 * DISTURBED:
        return f"disturbed: {rest / use.whole:.0%} of the CPU went to what is no part of the lab"
    return ""
