"""What the figures were measured on."""

import os
import pathlib
import platform
import re
import subprocess


def describe() -> str:
    model = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", _read("/proc/meminfo"), re.MULTILINE)
    system = re.search(r'^PRETTY_NAME="?([^"\n]+)', _read("/etc/os-release"), re.MULTILINE)
    return ", ".join(
        filter(
            None,
            (
                f"{cores()} cores" + (f" ({model[1].strip()})" if model else ""),
                f"{int(memory[1]) / 1e6:.0f} GB" if memory else "",
                f"{system[1] if system else 'Linux'}, Linux {platform.release().partition('-')[0]}",
            ),
        )
    )


def cores() -> int:
    return len(os.sched_getaffinity(0))


def versions(k6: list[str], checkout: pathlib.Path) -> str:
    commit = _first_line("git", "-C", str(checkout), "describe", "--always", "--dirty")
    return ", ".join(
        filter(
            None,
            (
                f"ticketd {commit}" if commit else "ticketd",
                *(
                    f"{name} {version}"
                    for name, package in (
                        ("PostgreSQL", "postgresql"),
                        ("Redis", "redis-server"),
                        ("RabbitMQ", "rabbitmq-server"),
                        ("Nginx", "nginx"),
                        ("Chart.js", "libjs-chart.js"),
                    )
                    if (version := _package(package))
                ),
                _first_line(*k6, "version").partition(" (")[0],
            ),
        )
    )


def _package(name: str) -> str:
    version = _first_line("dpkg-query", "-W", "-f", "${Version}", name)
    return re.split(r"[-+~]", version.partition(":")[2] or version)[0]


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.partition("\n")[0].strip() if done.returncode == 0 else ""


def _read(path: str) -> str:
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""
