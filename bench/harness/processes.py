"""CPU and memory of services, from /proc. A service's processes are those that work in its directory."""

import os
from collections.abc import Mapping

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def _cpu_seconds(pid: str) -> float:
    """Of the process, and of its children that have ended (proc_pid_stat(5), fields 14 to 17)."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def _memory_bytes(pid: str) -> tuple[int, int]:
    with open(f"/proc/{pid}/statm") as statm:
        _, resident, shared = map(int, statm.read().split()[:3])
    return (resident - shared) * PAGE, shared * PAGE


def usage_of_services(directories: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """service -> CPU seconds used so far, and resident bytes: all private pages, and what they share once."""
    found: dict[str, dict[str, float]] = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            service = _service_in(os.readlink(f"/proc/{pid}/cwd"), directories)
            if service is None:
                continue
            cpu = _cpu_seconds(pid)
            private, shared = _memory_bytes(pid)
        except (OSError, ValueError, IndexError):
            continue  # it ended while we looked
        usage = found.setdefault(service, {"cpu": 0.0, "private": 0, "shared": 0})
        usage["cpu"] += cpu
        usage["private"] += private
        usage["shared"] = max(usage["shared"], shared)
    return {
        service: {"cpu": round(usage["cpu"], 3), "rss": int(usage["private"] + usage["shared"])}
        for service, usage in found.items()
    }


def written_bytes(directories: Mapping[str, str]) -> dict[str, int]:
    """service -> bytes that its processes have made the kernel write to disk so far (proc_pid_io(5): write_bytes)."""
    found: dict[str, int] = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            service = _service_in(os.readlink(f"/proc/{pid}/cwd"), directories)
            if service is None:
                continue
            with open(f"/proc/{pid}/io") as counters:
                lines = dict(line.split(": ") for line in counters)
        except (OSError, ValueError):
            continue  # it ended while we looked
        found[service] = found.get(service, 0) + int(lines["write_bytes"])
    return found


def _service_in(place: str, directories: Mapping[str, str]) -> str | None:
    return next(
        (service for service, directory in directories.items() if f"{place}/".startswith(f"{directory}/")), None
    )


def kernel_cpu_seconds() -> float:
    """Of the kernel's own threads, which write back what others have written: the children of kthreadd, process 2."""
    total = 0.0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if fields[1] == "2":
            total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def cpu_seconds_of(pid: int) -> float:
    try:
        return _cpu_seconds(str(pid))
    except (OSError, IndexError):
        return 0.0


def machine_cpu_seconds() -> dict[str, float]:
    """Busy, stolen by other machines on the same host, and all there was (proc_stat(5))."""
    with open("/proc/stat") as stat:
        ticks = list(map(int, stat.readline().split()[1:9]))
    idle, stolen = ticks[3] + ticks[4], ticks[7]
    return {"busy": (sum(ticks) - idle - stolen) / TICKS, "stolen": stolen / TICKS, "all": sum(ticks) / TICKS}
